"""Tokens: minted for values or raw data, resolved under their own policy."""
