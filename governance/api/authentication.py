"""Who is calling: the bearer token, verified once and then remembered by its hash."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication

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


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the base registers subclasses
    """How the OpenAPI document describes the access token."""

    target_class = "governance.api.authentication.BearerAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
