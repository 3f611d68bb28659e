"""Subjects on the bench: locked, with their key and all that is sealed under it, to be sealed or blinded anew.

Whoever seals anything for a subject holds the lock of its row, so nothing is sealed under a key that is going. A bench
waits for nobody: subjects, values and tokens that somebody works on are left for the next pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from keyring.keys import OpenKey, open_key
from keyring.walls import in_environment

_SUBJECTS = """
    select s.id, s.public_id, s.key_id, s.handle, k.wrapped from userstore_subject s
    join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
    where s.environment_id = %(environment)s and s.id > %(after)s and {due}
    order by s.id limit %(limit)s for update of s skip locked
"""
_LOCKED_VALUES = """
    select id from userstore_value where environment_id = %s and subject_id = any(%s) for update skip locked
"""
_VALUES = """
    select id, subject_id, column_id, sealed, blind is not null, blind_version from userstore_value
    where environment_id = %s and subject_id = any(%s)
"""
_LOCKED_TOKENS = """
    select id from userstore_token where environment_id = %s and subject_id = any(%s) for update skip locked
"""
_TOKENS = """
    select id, public_id, subject_id, sealed from userstore_token where environment_id = %s and subject_id = any(%s)
"""
_LOCKED_CREDENTIALS = """
    select id from userstore_credential where environment_id = %s and subject_id = any(%s) for update skip locked
"""
_CREDENTIALS = """
    select id, subject_id, username, password, blind_version from userstore_credential
    where environment_id = %s and subject_id = any(%s)
"""


class SealedValue(NamedTuple):
    """A value row as a rotation sees it."""

    id: UUID
    subject_pk: int
    column_pk: int
    sealed: bytes
    is_blinded: bool
    blind_version: int


class SealedToken(NamedTuple):
    """A token row as a rotation sees it."""

    id: int
    public_id: UUID
    subject_pk: int
    sealed: bytes


class SealedCredential(NamedTuple):
    """A user name and a password as a rotation sees them."""

    id: UUID
    subject_pk: int
    username: bytes
    password: bytes
    blind_version: int


@dataclass(slots=True)
class Benched:
    """One locked subject."""

    pk: int
    public_id: UUID
    key_id: UUID
    handle: bytes
    key: OpenKey
    values: list[SealedValue] = field(default_factory=list)
    tokens: list[SealedToken] = field(default_factory=list)
    credentials: list[SealedCredential] = field(default_factory=list)


@dataclass(slots=True)
class Bench:
    """What one batch works on; `last` is the subject behind which the next batch begins, None at the end."""

    environment_id: UUID
    subjects: list[Benched]
    last: int | None


@contextmanager
def bench(environment_id: UUID, *, due: str, facts: Mapping[str, Any], after: str, limit: int) -> Iterator[Bench]:
    """Lock up to `limit` subjects that are due, with everything sealed for them, until the transaction ends."""
    with in_environment(environment_id), connection.cursor() as cursor:
        asked = {**facts, "environment": environment_id, "after": int(after or 0), "limit": limit}
        cursor.execute(_SUBJECTS.format(due=due), asked)
        rows = cursor.fetchall()
        found = {
            pk: Benched(pk, public_id, key_id, bytes(handle), open_key(environment_id, key_id, bytes(wrapped)))
            for pk, public_id, key_id, handle, wrapped in rows
        }
        busy = _lay_out(found, environment_id)
        subjects = [subject for pk, subject in found.items() if pk not in busy]
        yield Bench(environment_id, subjects, rows[-1][0] if len(rows) == limit else None)


def _lay_out(found: dict[int, Benched], environment_id: UUID) -> set[int]:
    """Fetch and lock values and tokens; return the subjects of which somebody else works on one."""
    pks = list(found)
    busy: set[int] = set()
    locked, rows = _locked(_LOCKED_VALUES, _VALUES, environment_id, pks)
    for value in map(SealedValue._make, rows):
        found[value.subject_pk].values.append(value)
        if value.id not in locked:
            busy.add(value.subject_pk)
    locked, rows = _locked(_LOCKED_TOKENS, _TOKENS, environment_id, pks)
    for token in map(SealedToken._make, rows):
        found[token.subject_pk].tokens.append(token)
        if token.id not in locked:
            busy.add(token.subject_pk)
    locked, rows = _locked(_LOCKED_CREDENTIALS, _CREDENTIALS, environment_id, pks)
    for credential in map(SealedCredential._make, rows):
        found[credential.subject_pk].credentials.append(credential)
        if credential.id not in locked:
            busy.add(credential.subject_pk)
    return busy


def _locked(lock: str, fetch: str, environment_id: UUID, pks: list[int]) -> tuple[set[object], list[tuple[Any, ...]]]:
    """Lock the rows that are free, then fetch all: their ids, and all rows."""
    with connection.cursor() as cursor:
        cursor.execute(lock, [environment_id, pks])
        locked = {row[0] for row in cursor.fetchall()}
        cursor.execute(fetch, [environment_id, pks])
        return locked, cursor.fetchall()


def is_due(environment_id: UUID, *, due: str, facts: Mapping[str, Any]) -> bool:
    """Say whether anybody is due, locked or not."""
    statement = _SUBJECTS.format(due=due).replace("for update of s skip locked", "")
    with in_environment(environment_id), connection.cursor() as cursor:
        cursor.execute(statement, {**facts, "environment": environment_id, "after": 0, "limit": 1})
        return cursor.fetchone() is not None


def count_due(environment_id: UUID, *, due: str, facts: Mapping[str, Any]) -> int:
    """Count who is due."""
    body = _SUBJECTS.format(due=due).split("order by")[0]
    statement = f"select count(*) from ({body}) due"  # noqa: S608  our own statement
    with in_environment(environment_id), connection.cursor() as cursor:
        cursor.execute(statement, {**facts, "environment": environment_id, "after": 0})
        found: int = cursor.fetchone()[0]
    return found


def execute(statement: str, parameters: Sequence[Any]) -> None:
    """Run one statement of a batch."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def made_before(moment: datetime) -> dict[str, Any]:
    """The facts of `OLD_KEY`."""
    return {"before": moment}


OLD_KEY = "k.created_at < %(before)s"
"""Who still has a key from before a moment."""
