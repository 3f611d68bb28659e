"""Gates that doors of lower floors ask, by the name in the settings."""

from __future__ import annotations

from typing import Any

from governance.actions.seeing import must_audit


def may_audit(request: Any) -> None:
    """Let whoever has the right `audit` read the book of their environment; refusals are on record."""
    must_audit(request.user)
