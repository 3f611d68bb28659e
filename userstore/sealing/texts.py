"""Sealed values as the texts that services store: a mark that shows what they are, and base64."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from keyring.errors import Unsealable

MARK = "sb1:"
LONGEST_VALUE = 65_536
"""Bytes of one value in UTF-8."""
_LONGEST_TEXT = 90_000


def text_of(sealed: bytes) -> str:
    """Write a sealed value as a text of letters, digits, `-`, `_` and its mark."""
    return MARK + urlsafe_b64encode(sealed).decode().rstrip("=")


def sealed_in(text: str) -> bytes:
    """Read what `text_of` wrote; raise `Unsealable` for anything else."""
    if text.startswith(MARK) and len(text) <= _LONGEST_TEXT:
        body = text[len(MARK) :]
        try:
            return urlsafe_b64decode(body + "=" * (-len(body) % 4))
        except (Error, ValueError):
            pass  # raised below, where it has no context
    raise Unsealable


def key_bytes_in(sealed: bytes) -> bytes:
    """Return the 16 bytes that name the key of a sealed value; whether they do is found out by opening it."""
    return sealed[1:17]
