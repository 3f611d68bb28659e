"""Every write of dataflows: the caller first, one transaction, one entry of the book."""
