"""The wrapped key: a data key sealed under the key of its environment, self-describing and committing.

    format version (1 byte) | number of the environment key (4) | commitment (32) | nonce (12) | ciphertext and tag (48)

The associated data names the environment, the key, its kind, scope and version, so a row copied or relabelled is dead.

AES-GCM does not commit to its key: a ciphertext can be built that opens under two keys (Albertini et al., "How to
Abuse and Fix Authenticated Encryption Without Key Commitment", USENIX Security 2022). The commitment, keyed BLAKE2b
over the key's id with the key itself, is compared after unwrapping; two keys with one commitment are a collision.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from os import urandom
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyring.errors import Unsealable
from keyring.kinds import KeyKind
from keyring.sealing import NONCE_BYTES, TAG_BYTES

WRAPPED_KEY_FORMAT = 1
KEY_BYTES = 32
COMMITMENT_BYTES = 32
WRAPPED_KEY_BYTES = 1 + 4 + COMMITMENT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
_LABEL = b"sealbook wrapped key 1|"
_NONCE_AT = 1 + 4 + COMMITMENT_BYTES
_BODY_AT = _NONCE_AT + NONCE_BYTES


class KeyLabel(NamedTuple):
    """What a wrapped key says it is; all of it is authenticated."""

    environment_id: UUID
    key_id: UUID
    kind: KeyKind
    scope: str
    version: int

    def associated_data(self, header: bytes) -> bytes:
        """Return the bytes the wrapping is tied to; only the last part has no fixed length."""
        ids = (self.environment_id.int << 128 | self.key_id.int).to_bytes(32, "big")
        return _LABEL + header + ids + _purpose(self.version, self.kind, self.scope)


@lru_cache(maxsize=256)
def _purpose(version: int, kind: KeyKind, scope: str) -> bytes:
    return version.to_bytes(4, "big") + kind.encode().ljust(16, b"\0") + scope.encode()


class EnvironmentCipher:
    """An opened environment key: wraps and unwraps the data keys of its environment, nothing else."""

    __slots__ = ("_aead", "header", "number")

    def __init__(self, *, number: int, key: bytes) -> None:
        self.number = number
        self.header = wrapped_header(number)
        self._aead = AESGCM(key)

    def wrap(self, key: bytes, label: KeyLabel) -> bytes:
        """Return `key` wrapped for this label."""
        header = self.header
        nonce = urandom(NONCE_BYTES)
        body = self._aead.encrypt(nonce, key, label.associated_data(header))
        return header + commitment(key, label.key_id) + nonce + body

    def unwrap(self, wrapped: bytes, label: KeyLabel) -> bytes:
        """Return the data key; raise `Unsealable` unless blob, label and commitment all agree."""
        try:
            key = self._aead.decrypt(
                wrapped[_NONCE_AT:_BODY_AT], wrapped[_BODY_AT:], label.associated_data(wrapped[:5])
            )
        except (InvalidTag, ValueError):
            key = b""  # refused below, outside this block, so that the error carries no context
        if len(key) != KEY_BYTES or not compare_digest(commitment(key, label.key_id), wrapped[5:_NONCE_AT]):
            raise Unsealable
        return key

    def __repr__(self) -> str:
        return f"EnvironmentCipher(number={self.number})"


def wrapped_header(number: int) -> bytes:
    """Return what every key begins with that is wrapped under the environment key of this number."""
    return bytes((WRAPPED_KEY_FORMAT,)) + number.to_bytes(4, "big")


def commitment(key: bytes, key_id: UUID) -> bytes:
    """Return 32 bytes that bind a ciphertext to one key and show nothing of it."""
    name = key_id.int.to_bytes(16, "big")
    return blake2b(name, key=key, digest_size=COMMITMENT_BYTES, person=b"sealbook-commit").digest()


def environment_key_number(wrapped: bytes) -> int:
    """Return which environment key wrapped this; raise `Unsealable` for another format or length."""
    if len(wrapped) != WRAPPED_KEY_BYTES or wrapped[0] != WRAPPED_KEY_FORMAT:
        raise Unsealable
    return int.from_bytes(wrapped[1:5], "big")
