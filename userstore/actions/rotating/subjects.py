"""Subject keys: a new key, everything sealed for the subject under it, the old key destroyed, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from os import urandom
from uuid import UUID, uuid4

from django.db import transaction

from keyring.actions import Batch
from keyring.environment_keys import newest_cipher
from keyring.keys import KeyKind, OpenKey, forget_keys
from keyring.models import KeyRotation
from keyring.places import cell_place
from keyring.wrapping import KEY_BYTES, KeyLabel
from userstore.actions.credentials import PASSWORD_COLUMN, USERNAME_COLUMN
from userstore.actions.rotating.benches import OLD_KEY, Bench, Benched, bench, count_due, execute, is_due, made_before
from userstore.models import Column
from userstore.reading.opening import HANDLE_COLUMN
from userstore.tokenization.places import text_place

BATCH = 64
"""Subjects per transaction: their writers wait for a few dozen milliseconds at most."""

_ADD_KEYS = """
    insert into keyring_wrappedkey (id, environment_id, kind, scope, version, wrapped)
    select d.id, %s, 'subject', '', 1, d.wrapped from unnest(%s::uuid[], %s::bytea[]) d(id, wrapped)
"""
_SET_SUBJECTS = """
    update userstore_subject s set key_id = d.key_id, handle = d.handle
    from unnest(%s::bigint[], %s::uuid[], %s::bytea[]) d(id, key_id, handle) where s.environment_id = %s and s.id = d.id
"""
_SET_VALUES = """
    update userstore_value v set sealed = d.sealed from unnest(%s::uuid[], %s::bytea[]) d(id, sealed)
    where v.environment_id = %s and v.id = d.id
"""
_SET_TOKENS = """
    update userstore_token t set sealed = d.sealed from unnest(%s::bigint[], %s::bytea[]) d(id, sealed)
    where t.environment_id = %s and t.id = d.id
"""
_SET_CREDENTIALS = """
    update userstore_credential c set username = d.username, password = d.password
    from unnest(%s::uuid[], %s::bytea[], %s::bytea[]) d(id, username, password)
    where c.environment_id = %s and c.id = d.id
"""
_DROP_KEYS = "delete from keyring_wrappedkey where environment_id = %s and id = any(%s)"


class SubjectKeys:
    """The keys of subjects."""

    name = "subjects"
    title = "Keys of subjects"
    keeps = timedelta()

    def waits(self) -> timedelta:
        """A subject's key is fetched with what it sealed: nobody has to be told."""
        return timedelta()

    def begin(self, environment_id: UUID) -> None:
        """Nothing: every subject gets its new key when its turn comes."""

    def expected(self, rotation: KeyRotation) -> int:
        """Count the subjects with an old key."""
        return count_due(rotation.environment_id, due=OLD_KEY, facts=made_before(rotation.started_at))

    def turn(self, rotation: KeyRotation) -> Batch:
        """Renew the keys of the next subjects."""
        facts = made_before(rotation.started_at)
        with bench(rotation.environment_id, due=OLD_KEY, facts=facts, after=rotation.place, limit=BATCH) as laid:
            _renew(laid)
        return Batch(len(laid.subjects), str(laid.last) if laid.last else "")

    def is_due(self, rotation: KeyRotation) -> bool:
        """Say whether a subject still has an old key."""
        return is_due(rotation.environment_id, due=OLD_KEY, facts=made_before(rotation.started_at))

    def end(self, environment_id: UUID) -> int:  # noqa: ARG002  every kind is ended alike
        """Nothing: old keys went with their subjects' turn."""
        return 0


def _renew(laid: Bench) -> None:
    environment_id, cipher = laid.environment_id, newest_cipher(laid.environment_id)
    columns = dict(Column.objects.values_list("pk", "public_id"))
    keys: list[tuple[UUID, bytes]] = []
    subjects: list[tuple[int, UUID, bytes]] = []
    values: list[tuple[UUID, bytes]] = []
    tokens: list[tuple[int, bytes]] = []
    credentials: list[tuple[UUID, bytes, bytes]] = []
    for subject in laid.subjects:
        label, secret = KeyLabel(environment_id, uuid4(), KeyKind.SUBJECT, "", 1), urandom(KEY_BYTES)
        new = OpenKey(key_id=label.key_id, version=1, key=secret)
        keys.append((label.key_id, cipher.wrap(secret, label)))
        subjects.append((subject.pk, label.key_id, _handle(environment_id, subject, new)))
        for value in subject.values:
            place = cell_place(environment_id, subject.public_id, columns[value.column_pk], value.id)
            values.append((value.id, new.seal(subject.key.unseal(bytes(value.sealed), place), place)))
        for token in subject.tokens:
            place = text_place(environment_id, subject.public_id, token.public_id)
            tokens.append((token.id, new.seal(subject.key.unseal(bytes(token.sealed), place), place)))
        for credential in subject.credentials:
            resealed = [
                new.seal(subject.key.unseal(bytes(sealed), place), place)
                for sealed, column in ((credential.username, USERNAME_COLUMN), (credential.password, PASSWORD_COLUMN))
                for place in (cell_place(environment_id, subject.public_id, column, credential.id),)
            ]
            credentials.append((credential.id, resealed[0], resealed[1]))
    old = {subject.key_id for subject in laid.subjects}
    execute(_ADD_KEYS, [environment_id, *_columns(keys, 2)])
    execute(_SET_VALUES, [*_columns(values, 2), environment_id])
    execute(_SET_TOKENS, [*_columns(tokens, 2), environment_id])
    execute(_SET_CREDENTIALS, [*_columns(credentials, 3), environment_id])
    execute(_SET_SUBJECTS, [*_columns(subjects, 3), environment_id])
    execute(_DROP_KEYS, [environment_id, list(old)])
    transaction.on_commit(lambda: forget_keys(old))


def _handle(environment_id: UUID, subject: Benched, new: OpenKey) -> bytes:
    """The subject's name in the book, the same as ever, sealed under the new key."""
    was = cell_place(environment_id, subject.public_id, HANDLE_COLUMN, subject.key_id)
    becomes = cell_place(environment_id, subject.public_id, HANDLE_COLUMN, new.id)
    return new.seal(subject.key.unseal(subject.handle, was), becomes)


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[at] for row in rows] for at in range(width)]
