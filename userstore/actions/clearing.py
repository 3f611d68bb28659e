"""Clearing a call that is about subjects or tokens rather than one accessor or mutator."""

from __future__ import annotations

from governance.actions.clearing import cleared

__all__ = ["cleared"]
