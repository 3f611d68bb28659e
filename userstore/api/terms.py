"""What bodies say about consent, and the header of repeatable writes."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter

from governance.errors import Invalid
from governance.wire.fields import Fields
from userstore.writing.calls import ConsentTerms

LONGEST_VERSION = 64

IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same body within a day, the call is answered again and not done again.",
)


def consent_terms(fields: Fields) -> ConsentTerms:
    """Read `text_version` and `until`: which text somebody agreed to, and how long that holds."""
    version = fields.text("text_version", "")
    if len(version) > LONGEST_VERSION:
        raise Invalid(f"At most {LONGEST_VERSION} characters.", field=fields.path("text_version"))
    return ConsentTerms(text_version=version, until=fields.moment("until"))
