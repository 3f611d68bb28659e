"""Sealing records of topics that may hold personal data: each alone, under a data key that lives for a minute.

    format (1 byte) | length of the sealed data key (1) | sealed data key | nonce (12) | ciphertext and tag

The data key is sealed by whoever keeps the key of the environment or the folder, and lies with every record: so
millions of records take a few values of that key, and nothing but that key opens them.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from time import monotonic

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dataflow.deadletters.concealing import Conceal, Unreadable

FORMAT = b"\x01"
SECONDS = 60.0
"""For so long a data key is used, and believed where it was opened."""
MOST_OPENED = 256
_KEY, _NONCE, _HEAD = 32, 12, 2
_PLACE = b"topics"


class Envelopes:
    """Seals and opens records. `place` is a topic, and a record opens in no other."""

    def __init__(self, conceal: Conceal) -> None:
        self._conceal = conceal
        self._current: tuple[float, bytes, AESGCM] | None = None
        self._opened: OrderedDict[bytes, tuple[float, AESGCM]] = OrderedDict()

    def seal(self, record: bytes, place: bytes) -> bytes:
        """Return a record sealed."""
        current = self._current
        if current is None or current[0] <= monotonic():
            current = self._current = self._new()
        nonce = os.urandom(_NONCE)
        return current[1] + nonce + current[2].encrypt(nonce, record, place)

    def unseal(self, sealed: bytes, place: bytes) -> bytes:
        """Return a record opened. Raises `Unreadable`."""
        if len(sealed) < _HEAD or sealed[:1] != FORMAT:
            raise Unreadable
        begins = _HEAD + sealed[1]
        known = self._opened.get(sealed[_HEAD:begins])
        key = self._open(sealed[_HEAD:begins]) if known is None or known[0] <= monotonic() else known[1]
        try:
            return key.decrypt(sealed[begins : begins + _NONCE], sealed[begins + _NONCE :], place)
        except (InvalidTag, ValueError):
            raise Unreadable from None

    def _new(self) -> tuple[float, bytes, AESGCM]:
        until, key = monotonic() + SECONDS, os.urandom(_KEY)
        wrapped = self._conceal.seal(key, place=_PLACE)
        return until, FORMAT + bytes([len(wrapped)]) + wrapped, AESGCM(key)

    def _open(self, wrapped: bytes) -> AESGCM:
        until = monotonic() + SECONDS
        key = AESGCM(self._conceal.unseal(wrapped, place=_PLACE))
        self._opened[wrapped] = until, key
        while len(self._opened) > MOST_OPENED:
            self._opened.popitem(last=False)
        return key
