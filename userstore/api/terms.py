"""What bodies say about consent, and the headers that calls have in common."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from governance.errors import Invalid
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
GRANT_HEADER = "X-Sealbook-Grant"
GRANT = OpenApiParameter(
    GRANT_HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="The grant that the call is made under: of its people and columns alone, although a right gave more.",
)

PROOF = OpenApiParameter(
    "DPoP",
    str,
    OpenApiParameter.HEADER,
    description="A proof for this request (RFC 9449), where the access token is bound to a key and sent as "
    "`Authorization: DPoP`; such a token carries temporary access that somebody handed on.",
)


def grant_named(request: HttpRequest) -> UUID | None:
    """Read which grant a call is made under, None where it names none."""
    named = request.headers.get(GRANT_HEADER, "").strip()
    try:
        return UUID(named) if named else None
    except ValueError:
        raise Invalid("This has to be the id of a grant.", field=GRANT_HEADER) from None


def consent_terms(fields: Fields) -> ConsentTerms:
    """Read `text_version` and `until`: which text somebody agreed to, and how long that holds."""
    return ConsentTerms(text_version=fields.text("text_version", ""), until=fields.moment("until"))
