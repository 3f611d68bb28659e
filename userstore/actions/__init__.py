"""Every write of the store that is not a mutator: the caller first, one transaction, one audit event."""
