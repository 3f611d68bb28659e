"""Sealing what failed: whoever reads the engine's memory or files reads no record there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dataflow.deadletters.letters import packed, packed_hidden
from dataflow.engines.frames import Record
from dataflow.functions.sealing import TEXT_PLACE, sealed_in

_KEY, _NONCE = 32, 12
_VERSION = b"\x01"


class Unreadable(Exception):
    """It was not sealed with this key, or somebody changed it."""


class Conceal(Protocol):
    """Seals and opens records; `place` is where a record lies, and it opens nowhere else."""

    def key_for(self, use: str) -> bytes:
        """Return 32 bytes that are this use's alone and stay the same."""

    def seal(self, record: bytes, *, place: bytes) -> bytes:
        """Return a record sealed."""

    def seal_letters(self, records: Sequence[Record], *, place: bytes, are_sealed: bool = False) -> list[bytes]:
        """Return records sealed with their keys as dead letters (`packed`), each for whom it is about if known.

        Of whom is gone there is no letter: b"".
        """

    def unseal(self, sealed: bytes, *, place: bytes) -> bytes:
        """Return a record opened. Raises `Unreadable`."""


class KeyFile:
    """AES-256-GCM with a key that lies in a file which only its owner reads: for flows that run without a server."""

    def __init__(self, path: Path) -> None:
        self._key = _key_in(path)
        self._aead = AESGCM(self._key)

    def key_for(self, use: str) -> bytes:
        """Return the key of one use, made of the one in the file: who holds it learns nothing of that or of others."""
        return blake2b(use.encode(), key=self._key, digest_size=_KEY, person=b"flow function").digest()

    def seal(self, record: bytes, *, place: bytes) -> bytes:
        """Return a record sealed."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._aead.encrypt(nonce, record, place)

    def seal_letters(self, records: Sequence[Record], *, place: bytes, are_sealed: bool = False) -> list[bytes]:
        """Return records sealed, all with the one key."""
        pack = packed_hidden if are_sealed else packed
        return [self.seal(pack(*each), place=place) for each in records]

    def sealers(self, records: Sequence[Any], *, use: str) -> list[Callable[[bytes], bytes]]:
        """Return what seals texts of records, all with the one key."""
        return [partial(self.seal, place=TEXT_PLACE + use.encode())] * len(records)

    def opened(self, texts: Sequence[str], *, use: str) -> list[str]:
        """Return what sealed texts say, "" where one was not sealed with this key, for this use."""
        return [self._said(sealed_in(each), TEXT_PLACE + use.encode()) for each in texts]

    def unseal(self, sealed: bytes, *, place: bytes) -> bytes:
        """Return a record opened. Raises `Unreadable`."""
        begins = len(_VERSION)
        nonce, body = sealed[begins : begins + _NONCE], sealed[begins + _NONCE :]
        try:
            if sealed[:begins] != _VERSION:
                raise InvalidTag
            return self._aead.decrypt(nonce, body, place)
        except (InvalidTag, ValueError):
            raise Unreadable from None

    def _said(self, sealed: bytes | None, place: bytes) -> str:
        try:
            return self.unseal(sealed or b"", place=place).decode(errors="surrogatepass")
        except Unreadable:
            return ""


def _key_in(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
    else:
        key = os.urandom(_KEY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            os.fsync(descriptor)
    if len(key) != _KEY:
        raise Unreadable
    return key
