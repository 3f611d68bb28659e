"""Resolved types, and records as values of them."""
