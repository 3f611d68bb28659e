"""Sealing what failed with the key of the person whose it is, or with the environment's where nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import DatabaseError, close_old_connections

from dataflow.actions.letter_keys import destroyed_among, letter_keys_of, parted_among
from dataflow.deadletters.concealing import Unreadable
from dataflow.deadletters.letters import packed, packed_hidden
from dataflow.engines.frames import Record
from dataflow.functions.protocol import ParametersRefused
from dataflow.functions.sealing import TEXT_PLACE, Sealer
from dataflow.store.places import at
from dataflow.store.protocol import StoreAway
from keyring.actions import ensure_key
from keyring.errors import KeyringError, KmsUnavailable, UnknownKey, Unsealable
from keyring.keys import KeyKind, OpenKey, key_by_id, key_for, key_with_scope, pseudonym_key_for
from keyring.models import WrappedKey
from keyring.sealing import key_id_of
from keyring.walls import in_environment

_PLACE = b"dead-letter|"


class Sealed(Enum):
    """For whom a letter is sealed. Of who is gone the key is known to be destroyed; of what is unreadable it is not."""

    PERSON = auto()
    ENVIRONMENT = auto()
    GONE = auto()
    UNREADABLE = auto()


class EnvironmentKey:
    """The key of what an environment's flows keep, and those of people; what they seal opens there, at its place."""

    def __init__(self, environment_id: UUID, *, subject: str = "") -> None:
        """Seal for one environment. `subject` is where its records say whose they are, as in $.person."""
        self._environment_id, self._subject = environment_id, tuple(subject.split(".")[1:])

    def key_for(self, use: str) -> bytes:
        """Return the key of one use of a function, the same for every flow of the environment. Raises `StoreAway`."""
        try:
            with _answering():
                return pseudonym_key_for(self._environment_id).derived(f"flow|{use}")
        except KeyringError:
            raise ParametersRefused(f"the environment has no key for {use}") from None

    def seal(self, record: bytes, *, place: bytes) -> bytes:
        """Return a record sealed for the environment. Raises `StoreAway`."""
        with _answering():
            return self._newest().seal(record, _PLACE + place)

    def make_ready(self) -> None:
        """Make the environment's key where there is none. Raises `StoreAway`.

        Whoever seals within a transaction calls it before: a record must not lie anywhere before its key does.
        """
        with _answering():
            self._newest()

    def seal_letters(self, records: Sequence[Record], *, place: bytes, are_sealed: bool = False) -> list[bytes]:
        """Return records sealed, each under the key of its person where the store knows them. Raises `StoreAway`.

        Of people who are gone nothing is kept: b"".
        """
        people = [self._person_in(value) for _, value in records]
        keys, rest, gone = self._keys_of(people)
        pack = packed_hidden if are_sealed else packed
        return [
            b"" if person in gone else self._key_in(keys, person, rest).seal(pack(*record), _PLACE + place)
            for person, record in zip(people, records, strict=True)
        ]

    def sealers(self, records: Sequence[Any], *, use: str) -> list[Sealer | None]:
        """Return for each record what seals its texts, for its person if the store knows them. Raises `StoreAway`.

        For people who are gone there is none: None.
        """
        people, place = [self._person_in(each) for each in records], TEXT_PLACE + use.encode()
        keys, rest, gone = self._keys_of(people)
        return [None if who in gone else partial(_sealed_at, self._key_in(keys, who, rest), place) for who in people]

    def unseal(self, sealed: bytes, *, place: bytes) -> bytes:
        """Return a record opened. Raises `Unreadable`, `StoreAway`."""
        try:
            with _answering():
                return self._key_of(sealed).unseal(sealed, _PLACE + place)
        except KeyringError:
            raise Unreadable from None

    def person_of(self, sealed: bytes) -> UUID | None:
        """Return under whose key a letter is sealed, None where it is the environment's. Raises `Unreadable`."""
        try:
            _, scope = key_with_scope(self._environment_id, key_id_of(sealed), kind=KeyKind.FLOW)
        except KmsUnavailable:
            raise
        except KeyringError:
            raise Unreadable from None
        return UUID(scope) if scope else None

    def sealed_for(self, letters: Sequence[bytes]) -> list[Sealed]:
        """Say of each letter for whom it is sealed, by the keys that are there and those known to be destroyed."""
        ids = [_key_id_in(each) for each in letters]
        asked = {each for each in ids if each is not None}
        with in_environment(self._environment_id):
            rows = WrappedKey.objects.filter(kind=KeyKind.FLOW.value, pk__in=asked)
            told = {pk: Sealed.PERSON if scope else Sealed.ENVIRONMENT for pk, scope in rows.values_list("pk", "scope")}
            told |= dict.fromkeys(destroyed_among(self._environment_id, asked - told.keys()), Sealed.GONE)
        return [Sealed.UNREADABLE if each is None else told.get(each, Sealed.UNREADABLE) for each in ids]

    @staticmethod
    def _key_in(keys: dict[UUID, OpenKey], person: UUID | None, rest: OpenKey) -> OpenKey:
        return rest if person is None else keys.get(person, rest)

    def _key_of(self, sealed: bytes) -> OpenKey:
        key_id = key_id_of(sealed)
        try:
            return key_by_id(self._environment_id, key_id, kind=KeyKind.FLOW)
        except Unsealable:  # it is a person's, and never remembered
            return key_with_scope(self._environment_id, key_id, kind=KeyKind.FLOW)[0]

    def _newest(self) -> OpenKey:
        try:
            return key_for(self._environment_id, KeyKind.FLOW)
        except UnknownKey:
            ensure_key(environment_id=self._environment_id, kind=KeyKind.FLOW)
            return key_for(self._environment_id, KeyKind.FLOW)

    def _keys_of(self, people: Iterable[UUID | None]) -> tuple[dict[UUID, OpenKey], OpenKey, set[UUID]]:
        """Return the keys of people whom the store knows, the environment's for others, and who of these is gone."""
        named = {each for each in people if each is not None}
        with _answering():
            known = letter_keys_of(self._environment_id, named)
            return known, self._newest(), parted_among(self._environment_id, named - known.keys())

    def _person_in(self, record: Any) -> UUID | None:
        """Return whose a record says that it is; a text that is no JSON says nothing."""
        if not self._subject:
            return None
        try:
            told = at(self._subject, orjson.loads(record) if isinstance(record, bytes | str) else record)
            return UUID(told) if isinstance(told, str) else None
        except ValueError:
            return None


def _key_id_in(letter: bytes) -> UUID | None:
    try:
        return key_id_of(letter)
    except Unsealable:
        return None


def _sealed_at(key: OpenKey, place: bytes, text: bytes) -> bytes:
    return key.seal(text, place)


@contextmanager
def _answering() -> Iterator[None]:
    """Tell keys that do not answer now from those that do not open."""
    try:
        yield
    except (DatabaseError, KmsUnavailable) as error:
        close_old_connections()  # the next question has a connection that answers
        raise StoreAway(type(error).__name__) from error
