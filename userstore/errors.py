"""What the store says when it cannot go on. Doors translate `kind` into a status code."""

from __future__ import annotations

from governance.errors import Conflict, GovernanceError, Invalid, NotFound, Refused

__all__ = ["Conflict", "Invalid", "NotFound", "Refused", "StoreError", "TooLarge"]


class StoreError(GovernanceError):
    """Something of the store failed; the message is safe to show."""


class TooLarge(StoreError):
    """The call would have to open more cells than one call may; narrow it."""
