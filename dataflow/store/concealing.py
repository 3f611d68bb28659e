"""Sealing what failed with a key of the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import DatabaseError, close_old_connections

from dataflow.deadletters.concealing import Unreadable
from dataflow.functions.protocol import ParametersRefused
from dataflow.store.protocol import StoreAway
from keyring.errors import KeyringError, KmsUnavailable
from keyring.keys import KeyKind, key_by_id, key_for, pseudonym_key_for
from keyring.sealing import key_id_of

_PLACE = b"dead-letter|"


class EnvironmentKey:
    """The key of an environment's texts; what it seals opens in that environment, at its place."""

    def __init__(self, environment_id: UUID) -> None:
        self._environment_id = environment_id

    def key_for(self, use: str) -> bytes:
        """Return the key of one use of a function, the same for every flow of the environment."""
        try:
            return pseudonym_key_for(self._environment_id).derived(f"flow|{use}")
        except KeyringError:
            raise ParametersRefused(f"the environment has no key for {use}") from None

    def seal(self, record: bytes, *, place: bytes) -> bytes:
        """Return a record sealed. Raises `StoreAway`."""
        with _answering():
            return key_for(self._environment_id, KeyKind.TEXT).seal(record, _PLACE + place)

    def unseal(self, sealed: bytes, *, place: bytes) -> bytes:
        """Return a record opened. Raises `Unreadable`, `StoreAway`."""
        try:
            with _answering():
                key = key_by_id(self._environment_id, key_id_of(sealed), kind=KeyKind.TEXT)
                return key.unseal(sealed, _PLACE + place)
        except KeyringError:
            raise Unreadable from None


@contextmanager
def _answering() -> Iterator[None]:
    """Tell keys that do not answer now from those that do not open."""
    try:
        yield
    except (DatabaseError, KmsUnavailable) as error:
        close_old_connections()  # the next question has a connection that answers
        raise StoreAway(type(error).__name__) from error
