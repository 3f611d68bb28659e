"""Sealed values as the texts that services store: a mark that shows what they are, and base64."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence

MARK = "sb1:"
LONGEST_VALUE = 65_536
"""Bytes of one value in UTF-8."""
_LONGEST_TEXT = 90_000


def texts_of(sealed: Sequence[bytes]) -> list[str]:
    """Write sealed values as texts of letters, digits, `-`, `_` and their mark (RFC 4648, section 5, unpadded)."""
    # What happens to the alphabet happens to all of them at once: line by line it takes three times as long.
    lines = b"".join(map(b2a_base64, sealed)).decode().replace("=", "").replace("+", "-").replace("/", "_")
    return [MARK + line for line in lines.splitlines()]


def sealed_in(texts: Sequence[str]) -> list[bytes | None]:
    """Read what `texts_of` wrote; None for anything else."""
    lines = _translated("\n".join(texts)).split("\n")
    if len(lines) != len(texts):  # somebody's text has lines of its own
        lines = [_translated(text) for text in texts]
    found: list[bytes | None] = []
    for line in lines:
        try:
            # More padding than a text needs does not count.
            is_ours = line[: len(MARK)] == MARK and len(line) <= _LONGEST_TEXT
            found.append(a2b_base64(line[len(MARK) :] + "==") if is_ours else None)
        except (Error, ValueError):
            found.append(None)
    return found


def _translated(text: str) -> str:
    return text.replace("-", "+").replace("_", "/")


def key_bytes_in(sealed: bytes) -> bytes:
    """Return the 16 bytes that name the key of a sealed value; whether they do is found out by opening it."""
    return sealed[1:17]
