"""Every write of governance: the caller first, one transaction, one audit event."""
