"""Sealed values as the texts that services store: a mark that shows what they are, and base64."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence

from keyring.errors import Unsealable

MARK = "sb1:"
LONGEST_VALUE = 65_536
"""Bytes of one value in UTF-8."""
_LONGEST_TEXT = 90_000


def texts_of(sealed: Sequence[bytes]) -> list[str]:
    """Write sealed values as texts of letters, digits, `-`, `_` and their mark (RFC 4648, section 5, unpadded)."""
    # What happens to the alphabet happens to all of them at once: line by line it takes three times as long.
    lines = b"".join(map(b2a_base64, sealed)).decode().replace("=", "").replace("+", "-").replace("/", "_")
    return [MARK + line for line in lines.splitlines()]


def sealed_in(text: str) -> bytes:
    """Read what `texts_of` wrote; raise `Unsealable` for anything else."""
    if text.startswith(MARK) and len(text) <= _LONGEST_TEXT:
        body = text[len(MARK) :].replace("-", "+").replace("_", "/")
        try:
            return a2b_base64(body + "=" * (-len(body) % 4))
        except (Error, ValueError):
            pass  # raised below, where it has no context
    raise Unsealable


def key_bytes_in(sealed: bytes) -> bytes:
    """Return the 16 bytes that name the key of a sealed value; whether they do is found out by opening it."""
    return sealed[1:17]
