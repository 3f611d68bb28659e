"""Keyed permutations of texts that keep their format: FF1 of NIST SP 800-38G, as the library `fastfpe` has it."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NoReturn
from uuid import UUID

from fastfpe import ff1

DERIVED_BYTES = 32
SMALLEST_DOMAIN = 1_000_000
"""Texts that one alphabet and length must have at least (NIST SP 800-38G Rev. 1, section 5): a smaller set can be tried
out, or told from a few known pairs."""


class PseudonymKey:
    """An unwrapped AES-256 key that replaces texts by others of their alphabet and length. It never shows its bytes."""

    __slots__ = ("_key", "id", "version")

    def __init__(self, *, key_id: UUID, version: int, key: bytes) -> None:
        self.id = key_id
        self.version = version
        self._key = key.hex()

    def permute(self, text: str, *, alphabet: str, tweak: bytes) -> str:
        """Return the text that stands for this one under key, alphabet and tweak; each text has one of its own.

        Raises:
            ValueError: a character is not of the alphabet, or there are too few texts of this length.
        """
        if len(alphabet) ** len(text) < SMALLEST_DOMAIN:
            raise ValueError("too few texts of this length")
        return str(ff1.encrypt(self._key, tweak.hex(), alphabet, text))

    def derived(self, use: str) -> bytes:
        """Return 32 bytes for another use, which tell nothing of the key or of those for a third (keyed BLAKE2b)."""
        key = bytes.fromhex(self._key)
        return blake2b(use.encode(), key=key, digest_size=DERIVED_BYTES, person=b"sealbook-derived").digest()

    def __repr__(self) -> str:
        return f"PseudonymKey(id={self.id}, version={self.version})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("an opened key does not leave the process")
