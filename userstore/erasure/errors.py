"""What can be wrong with the ledger of erasures."""

from __future__ import annotations

from governance.errors import Unavailable


class LedgerUnusable(Unavailable):
    """The ledger cannot be trusted or written: nothing may be erased, and nothing served, until somebody looks."""
