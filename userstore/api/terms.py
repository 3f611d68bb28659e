"""What bodies say about consent, and the header of repeatable writes."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter

from governance.wire.fields import Fields
from userstore.writing.calls import ConsentTerms

IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same body within a day, the call is answered again and not done again.",
)


def consent_terms(fields: Fields) -> ConsentTerms:
    """Read `text_version` and `until`: which text somebody agreed to, and how long that holds."""
    return ConsentTerms(text_version=fields.text("text_version", ""), until=fields.moment("until"))
