"""Erasing people for good: a ledger outside the database, signed receipts, restored backups that resurrect nobody."""
