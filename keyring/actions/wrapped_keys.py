"""Creating and destroying data keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from os import urandom
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import DateTimeField, Func, Max

from keyring.environment_keys import newest_cipher
from keyring.keys import forget_keys
from keyring.kinds import BLINDING_KINDS, KeyKind
from keyring.models import WrappedKey
from keyring.new_ids import new_ids
from keyring.rows import serialise
from keyring.sealing import OpenKey
from keyring.walls import in_environment, insert_columns
from keyring.wrapping import KEY_BYTES, KeyLabel

_UNANNOUNCED = datetime(9999, 1, 1, tzinfo=UTC)
"""When a version was made that nobody writes under yet."""


class _ClockNow(Func):
    """The database's clock at this statement, not at its transaction's beginning."""

    template = "clock_timestamp()"
    output_field = DateTimeField()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just created. A key that blinds is opened by `keyring.keys.index_key_for`."""

    id: UUID
    wrapped: bytes
    sealing: OpenKey | None

    @property
    def opened(self) -> OpenKey:
        """The key itself, ready to seal; raise `TypeError` for a kind that blinds."""
        if self.sealing is None:
            raise TypeError("a key that blinds does not seal")
        return self.sealing


def create_key(*, environment_id: UUID, kind: KeyKind, scope: str = "") -> NewKey:
    """Create a random key: for a subject, or the next version of a kind and scope.

    Raises:
        UnknownKey: the environment has no key yet.
        ValueError: a scope was given for a subject key; the subject's row names its key by id.
    """
    kind = KeyKind(kind)
    if kind is KeyKind.SUBJECT and scope:
        raise ValueError("a subject key has no scope: its id is its name")
    with in_environment(environment_id):
        return _create(environment_id, kind, scope, version=next_version(environment_id, kind, scope))


def create_next_index_key(*, environment_id: UUID, scope: str) -> UUID:
    """Create a further version of an index key: looked up under at once, written under once it is announced and known.

    Raises:
        UnknownKey: the environment has no key yet.
    """
    with in_environment(environment_id):
        version = next_version(environment_id, KeyKind.INDEX, scope)
        label = KeyLabel(environment_id, uuid4(), KeyKind.INDEX, scope, version)
        row = _row(label, newest_cipher(environment_id).wrap(urandom(KEY_BYTES), label))
        row.created_at = _UNANNOUNCED
        row.save(force_insert=True)
    return label.key_id


def announce_index_keys(*, environment_id: UUID) -> None:
    """Date the further versions that are there: their age counts from now on.

    To be called in a later transaction than the one that made them. However long that one took, nobody who began to
    look up before its end still does when the versions have come of age.
    """
    with in_environment(environment_id):
        made = WrappedKey.objects.filter(environment_id=environment_id, kind=KeyKind.INDEX.value)
        made.filter(created_at__gt=_ClockNow()).update(created_at=_ClockNow())


def create_first_keys(*, environment_id: UUID, names: Iterable[tuple[KeyKind, str]]) -> None:
    """Create the first key of many kinds and scopes with one statement, for an environment just made.

    A kind and scope that has a key already breaks the table's constraint.

    Raises:
        UnknownKey: the environment has no key yet.
    """
    with in_environment(environment_id):
        cipher = newest_cipher(environment_id)
        labels = [KeyLabel(environment_id, uuid4(), kind, scope, 1) for kind, scope in names]
        WrappedKey.objects.bulk_create(_row(label, cipher.wrap(urandom(KEY_BYTES), label)) for label in labels)


def create_subject_keys(*, environment_id: UUID, count: int) -> list[NewKey]:
    """Create random keys for many subjects with one statement.

    Raises:
        UnknownKey: the environment has no key yet.
    """
    made = []
    with in_environment(environment_id):
        cipher = newest_cipher(environment_id)
        for key_id in map(_uuid, new_ids(count)):
            key = urandom(KEY_BYTES)
            wrapped = cipher.wrap(key, KeyLabel(environment_id, key_id, KeyKind.SUBJECT, "", 1))
            made.append(NewKey(key_id, wrapped, OpenKey(key_id=key_id, version=1, key=key)))
        insert_columns(
            WrappedKey,
            {"id": [new.id for new in made], "wrapped": [new.wrapped for new in made]},
            shared={"environment_id": environment_id, "kind": KeyKind.SUBJECT.value, "scope": "", "version": 1},
        )
    return made


def ensure_key(*, environment_id: UUID, kind: KeyKind, scope: str = "") -> UUID:
    """Return the id of the newest key of a kind and scope and create the first one where there is none."""
    if kind is KeyKind.SUBJECT:
        raise ValueError("subject keys are created, one by one")
    with in_environment(environment_id):
        serialise(environment_id, f"{kind.value} {scope}")
        keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind.value, scope=scope)
        found = keys.order_by("-version").values_list("id", flat=True).first()
        return found or _create(environment_id, kind, scope, version=1).id


def destroy_key(*, environment_id: UUID, key_id: UUID) -> bool:
    """Destroy a key: what it sealed is unreadable from the commit on. Return whether it was there.

    This process forgets it at once and again after the commit (a read in between may have opened it); others still
    hold the opened key, but every read fetches the row first and finds none.
    """
    with in_environment(environment_id):
        destroyed, _ = WrappedKey.objects.filter(environment_id=environment_id, id=key_id).delete()
        forget_keys({key_id})
        transaction.on_commit(lambda: forget_keys({key_id}))
    return destroyed > 0


def retire_versions(*, environment_id: UUID, kind: KeyKind, scope: str = "") -> int:
    """Destroy every version of a kind and scope but the newest; return how many there were."""
    with in_environment(environment_id):
        serialise(environment_id, f"{kind.value} {scope}")
        keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind.value, scope=scope)
        former = [row.id for row in keys.only("id").order_by("-version")[1:]]
        destroyed, _ = keys.filter(id__in=former).delete()
        forget_keys(former)
        transaction.on_commit(lambda: forget_keys(former))
    return destroyed


def create_row(label: KeyLabel, *, key: bytes, behind: bytes = b"") -> WrappedKey:
    """Store a key wrapped under the environment's newest key, with a sealed secret behind it where one is given."""
    row = _row(label, newest_cipher(label.environment_id).wrap(key, label) + behind)
    row.save(force_insert=True)
    return row


def next_version(environment_id: UUID, kind: KeyKind, scope: str) -> int:
    """Return the next free version; until the commit no other transaction counts versions of this kind and scope."""
    if kind is KeyKind.SUBJECT:
        return 1
    serialise(environment_id, f"{kind.value} {scope}")
    keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind.value, scope=scope)
    newest: int | None = keys.aggregate(newest=Max("version"))["newest"]
    return (newest or 0) + 1


def _create(environment_id: UUID, kind: KeyKind, scope: str, *, version: int) -> NewKey:
    key, label = urandom(KEY_BYTES), KeyLabel(environment_id, uuid4(), kind, scope, version)
    row = create_row(label, key=key)
    sealing = None if kind in BLINDING_KINDS else OpenKey(key_id=row.id, version=version, key=key)
    return NewKey(id=row.id, wrapped=bytes(row.wrapped), sealing=sealing)


def _uuid(raw: bytes) -> UUID:
    return UUID(bytes=raw)


def _row(label: KeyLabel, wrapped: bytes) -> WrappedKey:
    return WrappedKey(
        id=label.key_id,
        environment_id=label.environment_id,
        kind=label.kind.value,
        scope=label.scope,
        version=label.version,
        wrapped=wrapped,
    )
