"""Moved to `governance.operators`, which other apps' pages may import."""

from __future__ import annotations

from governance.operators import choose_environment, chosen_environment, operator_caller

__all__ = ["choose_environment", "chosen_environment", "operator_caller"]
