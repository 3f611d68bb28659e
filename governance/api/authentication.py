"""Who is calling: the bearer token, verified once and then remembered by its hash."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication

from governance.errors import Unauthenticated
from governance.identities import Caller
from governance.tokens.access import caller_of

_SCHEME = "Bearer "


class BearerAuthentication(BaseAuthentication):
    """Authenticates `Authorization: Bearer <token>`; the caller stands in `request.user`."""

    def authenticate(self, request: Any) -> tuple[Caller, None] | None:
        """Return the caller; None without the header, `Unauthenticated` for a bad token."""
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if not header.startswith(_SCHEME):
            return None
        return caller_of(header[len(_SCHEME) :]), None

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


def caller_in(request: HttpRequest) -> Caller:
    """Return who calls, or raise `Unauthenticated`; for views without the framework's dispatch."""
    found = BearerAuthentication().authenticate(request)
    if found is None:
        raise Unauthenticated("An access token is needed.", remedy="Ask POST /oidc/token for one.")
    return found[0]


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the base registers subclasses
    """How the OpenAPI document describes the access token."""

    target_class = "governance.api.authentication.BearerAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
