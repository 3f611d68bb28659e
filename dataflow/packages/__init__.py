"""Packages: where they are found, what they offer, and the code of their functions."""
