"""The sealed value: AES-256-GCM (NIST SP 800-38D) under a random 96-bit nonce, tied to its place.

    format version (1 byte) | key id (16) | nonce (12) | ciphertext and tag (length of the plain text + 16)

The associated data is the first 17 bytes and the place, so a changed version or key id fails like everything else.
A value opens under the key it names and under no other, even where somebody who has two keys built it to open under
both: of one id there is one key, which its wrapping commits to (`keyring.wrapping`).
One key takes at most 2**32 values (SP 800-38D section 8.3); an environment's text key, the widest, stays far below.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import urandom
from typing import Any, NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyring.errors import Unsealable

SEALED_VALUE_FORMAT = 1
NONCE_BYTES = 12
TAG_BYTES = 16
_HEADER = 17
_BODY = _HEADER + NONCE_BYTES
SEALED_OVERHEAD = _BODY + TAG_BYTES
"""Bytes a sealed value is longer than its plain text."""


class OpenKey:
    """An unwrapped key that seals and unseals. It never shows its bytes."""

    __slots__ = ("_decrypt", "_encrypt", "_header", "_lasting", "id", "version")

    def __init__(self, *, key_id: UUID, version: int, key: bytes) -> None:
        if len(key) != 32:
            raise Unsealable
        aead = AESGCM(key)
        self.id = key_id
        self.version = version
        self._header = (SEALED_VALUE_FORMAT << 128 | key_id.int).to_bytes(_HEADER, "big")
        self._encrypt = aead.encrypt
        self._decrypt = aead.decrypt
        self._lasting: tuple[bytes, bytes, bytes] | None = None

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """Return `plain` sealed for exactly this place."""
        header, nonce = self._header, urandom(NONCE_BYTES)
        return header + nonce + self._encrypt(nonce, plain, header + place)

    def seal_each(self, plain: Sequence[bytes], places: Sequence[bytes]) -> list[bytes]:
        """Return many texts sealed, each for the place beside it, as `seal` does; all nonces are drawn at once."""
        header, encrypt, nonces = self._header, self._encrypt, urandom(NONCE_BYTES * len(plain))
        starts = range(0, len(nonces), NONCE_BYTES)
        return [
            header + (nonce := nonces[start : start + NONCE_BYTES]) + encrypt(nonce, each, header + place)
            for each, place, start in zip(plain, places, starts, strict=True)
        ]

    def unseal(self, sealed: bytes, place: bytes) -> bytes:
        """Return what was sealed for this place with this key; raise `Unsealable` for anything else."""
        header = self._header
        if sealed[:17] == header:
            try:
                return self._decrypt(sealed[17:29], sealed[29:], header + place)
            except (InvalidTag, ValueError):
                pass  # raised below, outside this block, so that the error carries no context
        raise Unsealable

    def unseal_lasting(self, sealed: bytes, place: bytes) -> bytes:
        """As `unseal`, for the one text that is opened at every use of this key: kept as long as the key itself."""
        lasting = self._lasting
        if lasting is None or lasting[0] != sealed or lasting[1] != place:
            lasting = self._lasting = (sealed, place, self.unseal(sealed, place))
        return lasting[2]

    def sealed_this(self, sealed: bytes) -> bool:
        """Say whether a sealed value names this key; whether it opens is another question."""
        return sealed[:17] == self._header

    def __repr__(self) -> str:
        return f"OpenKey(id={self.id}, version={self.version})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("an opened key does not leave the process")


def key_id_of(sealed: bytes) -> UUID:
    """Return the id of the key that sealed this value; raise `Unsealable` where it is not a sealed value."""
    if len(sealed) < SEALED_OVERHEAD or sealed[0] != SEALED_VALUE_FORMAT:
        raise Unsealable
    return UUID(bytes=bytes(sealed[1:_HEADER]))
