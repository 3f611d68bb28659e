"""Detectors: which written forms are personal data, and how to look for them quickly and behind disguises."""
