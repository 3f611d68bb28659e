"""Checking the book without trusting who keeps it: standard library and `cryptography`, nothing of Sealbook.

The package stands alone: `sealbook audit_verifier FILE` writes it as one file that runs anywhere.
"""
