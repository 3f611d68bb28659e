"""What bodies say about consent, and the headers that calls have in common."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from governance.wire.fields import Fields
from governance.wire.hot import DECISION_HEADER
from userstore.writing.calls import ConsentTerms

IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same body within a day, the call is answered again and not done again.",
)
DECISION = OpenApiParameter(
    DECISION_HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    response=[200, 201, 204, 403],
    description="The decision that the answer rests on; the entry of the book names it, too.",
)


def consent_terms(fields: Fields) -> ConsentTerms:
    """Read `text_version` and `until`: which text somebody agreed to, and how long that holds."""
    return ConsentTerms(text_version=fields.text("text_version", ""), until=fields.moment("until"))
