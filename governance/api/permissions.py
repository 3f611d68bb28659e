"""The framework's own check: somebody Sealbook knows is calling. What they may do, the actions decide."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission

from governance.errors import Unauthenticated
from governance.identities import Caller


class HasCaller(BasePermission):
    """Refuses requests without a caller, with 401 rather than 403."""

    def has_permission(self, request: Any, view: Any) -> bool:
        if not isinstance(getattr(request, "user", None), Caller):
            raise Unauthenticated("An access token is needed.", remedy="Ask POST /oidc/token for one.")
        return True
