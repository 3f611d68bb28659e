"""Opening keys. Opened keys are remembered by the process, never by Redis."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from datetime import timedelta
from time import monotonic
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction

from keyring import environment_keys, rows
from keyring.blinding import FingerprintKey, IndexKey
from keyring.environment_keys import hold_lease, unwrap
from keyring.errors import UnknownKey, Unsealable
from keyring.kinds import BLINDING_KINDS, KeyKind
from keyring.memory import BoundedMemory
from keyring.models import WrappedKey
from keyring.pseudonyms import PseudonymKey
from keyring.sealing import OpenKey
from keyring.wrapping import WRAPPED_KEY_BYTES, KeyLabel

__all__ = [
    "IndexKey",
    "KeyKind",
    "OpenKey",
    "forget_keys",
    "forget_opened_keys",
    "index_key_for",
    "key_by_id",
    "key_for",
    "live_index_keys",
    "live_versions",
    "newest_index_key",
    "open_key",
    "subject_key_opener",
]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
AnyKey = OpenKey | IndexKey | PseudonymKey
Opened = TypeVar("Opened", bound=AnyKey)
_FEW = 100
"""Subjects of a chunk that somebody may look at again soon."""
Name = tuple[UUID, str, str, UUID | int | None]
"""Environment, kind, scope, and the version or id asked for; None: the newest."""


def remembered_seconds() -> float:
    """How long a look-up by kind and scope is believed: a rotation elsewhere reaches this process within that time."""
    return float(settings.KEYRING_REMEMBERED_SECONDS)


def settling() -> timedelta:
    """Age from which every process knows a version: what it believes, and as much again for slow transactions."""
    return timedelta(seconds=2 * remembered_seconds())


def _capacity() -> int:
    return int(settings.KEYRING_CACHE_SIZE)


_subject_keys: BoundedMemory[bytes, OpenKey] = BoundedMemory(capacity=_capacity)
_named_keys: BoundedMemory[Name, tuple[float, AnyKey]] = BoundedMemory(capacity=_capacity)
_versions: BoundedMemory[tuple[int, str, str], tuple[float, list[int]]] = BoundedMemory(capacity=_capacity)


def open_key(environment_id: UUID, key_id: UUID, wrapped: bytes) -> OpenKey:
    """Return the subject key that was wrapped for this environment and id; raise `Unsealable` for anything else."""
    return subject_key_opener(environment_id)(key_id.bytes, wrapped)


def subject_key_opener(environment_id: UUID, *, count: int = 1) -> Callable[[bytes, bytes], OpenKey]:
    """Return what opens subject keys by the 16 bytes of their ids as `open_key` does, for the length of one chunk.

    Remembered by environment, id and wrapped bytes together: a row copied elsewhere never meets an opened key. The
    caller fetches `wrapped` each time, so that a destroyed key opens nothing although this process still knows it.
    A chunk of many is one of a long read, which comes by everybody once: it pushes nobody's key out of the memory.

    Args:
        count: how many subjects the chunk has.
    """
    hold_lease(environment_id)
    environment = environment_id.bytes
    keys = _subject_keys
    remembered, remember = (keys.get, keys.put) if count <= _FEW else (keys.peek, keys.put_aside)

    def opened(key_id: bytes, wrapped: bytes) -> OpenKey:
        name = environment + key_id + wrapped
        found = remembered(name)
        if found is None:
            label = KeyLabel(environment_id, UUID(bytes=key_id), KeyKind.SUBJECT, "", 1)
            found = OpenKey(key_id=label.key_id, version=1, key=unwrap(wrapped, label))
            remember(name, found)
        return found

    return opened


def key_for(environment_id: UUID, kind: KeyKind, scope: str = "", version: int | None = None) -> OpenKey:
    """Return the newest sealing key of a kind and scope, or the one of a given version; raise `UnknownKey`.

    Hold on to the result for the length of a call: it is remembered only once the transaction has committed, since a
    key whose creation is rolled back must not seal anything.
    """
    if kind in BLINDING_KINDS or kind is KeyKind.SUBJECT:
        raise ValueError(f"keys of kind {kind.value} are not opened by scope for sealing")

    def opened() -> OpenKey:
        return _sealing_key(_row(environment_id, kind, scope, version), kind, scope)

    return _remembered((environment_id, kind.value, scope, version), OpenKey, opened)


def key_by_id(environment_id: UUID, key_id: UUID, *, kind: KeyKind, scope: str = "") -> OpenKey:
    """Return the sealing key a sealed value names; raise `Unsealable` where it is not of this kind and scope."""

    def opened() -> OpenKey:
        row = rows.wrapped_key(environment_id, key_id)
        if row is None:
            raise Unsealable
        return _sealing_key(row, kind, scope)

    return _remembered((environment_id, kind.value, scope, key_id), OpenKey, opened)


def keys_of_scope(environment_id: UUID, kind: KeyKind, scope: str) -> list[OpenKey]:
    """Return every sealing key of a kind and scope that exists now, the newest first.

    Not remembered here: for callers who keep them no longer than they know that all of them are still there.
    """
    return [_sealing_key(row, kind, scope) for row in rows.wrapped_keys(environment_id, kind.value, scope)]


def keys_of_scopes(environment_id: UUID, kind: KeyKind, scopes: Collection[str]) -> dict[str, OpenKey]:
    """Return the newest sealing key of each scope that has one. Not remembered: a destroyed key seals nothing more."""
    found = rows.wrapped_keys_of_scopes(environment_id, kind.value, scopes)
    return {row.scope: _sealing_key(row, kind, row.scope) for row in found}


def key_with_scope(environment_id: UUID, key_id: UUID, *, kind: KeyKind) -> tuple[OpenKey, str]:
    """Return a key that a sealed value names, with its scope, which its wrapping binds.

    Not remembered: a destroyed key opens nothing from the next call on. Raises `Unsealable` where there is none.
    """
    row = rows.wrapped_key(environment_id, key_id)
    if row is None:
        raise Unsealable
    return _sealing_key(row, kind, row.scope), row.scope


def index_key_for(environment_id: UUID, scope: str, version: int | None = None) -> IndexKey:
    """Return the index key of a scope to write with, or the one of a given version; raise `UnknownKey`.

    A new version is looked up everywhere before it is written anywhere: it is given without being named only once
    every process has stopped believing an older `live_versions`. So a rotation hides no value from any reader.
    """

    def opened() -> IndexKey:
        row = (
            _settled(environment_id, scope) if version is None else _row(environment_id, KeyKind.INDEX, scope, version)
        )
        return IndexKey(key_id=row.id, version=row.version, key=key_bytes(row, KeyKind.INDEX, scope))

    return _remembered((environment_id, KeyKind.INDEX.value, scope, version), IndexKey, opened)


def live_index_keys(environment_id: UUID, scope: str) -> list[IndexKey]:
    """Return the index keys under which something may be found, the newest first: several during a rotation.

    A version that this process still believes in, and that was retired meanwhile, has nothing left to be found.
    """
    found = []
    for version in live_versions(environment_id, KeyKind.INDEX, scope):
        try:
            found.append(index_key_for(environment_id, scope, version))
        except UnknownKey:
            continue
    return found


def newest_index_key(environment_id: UUID, scope: str) -> IndexKey:
    """Return the newest index key of a scope as it is now, however young; raise `UnknownKey`.

    For rotations, which wait until every process looks up under it. Not remembered.
    """
    row = _row(environment_id, KeyKind.INDEX, scope, None)
    return IndexKey(key_id=row.id, version=row.version, key=key_bytes(row, KeyKind.INDEX, scope))


def fingerprint_key_for(environment_id: UUID) -> FingerprintKey:
    """Return the environment's fingerprint key; raise `UnknownKey`."""

    def opened() -> FingerprintKey:
        row = _row(environment_id, KeyKind.FINGERPRINT, "", None)
        return FingerprintKey(key_id=row.id, version=row.version, key=key_bytes(row, KeyKind.FINGERPRINT, ""))

    return _remembered((environment_id, KeyKind.FINGERPRINT.value, "", None), FingerprintKey, opened)


def pseudonym_key_for(environment_id: UUID) -> PseudonymKey:
    """Return the environment's key of pseudonyms; raise `UnknownKey`."""

    def opened() -> PseudonymKey:
        row = _row(environment_id, KeyKind.PSEUDONYM, "", None)
        return PseudonymKey(key_id=row.id, version=row.version, key=key_bytes(row, KeyKind.PSEUDONYM, ""))

    return _remembered((environment_id, KeyKind.PSEUDONYM.value, "", None), PseudonymKey, opened)


def live_versions(environment_id: UUID, kind: KeyKind, scope: str) -> list[int]:
    """Return the versions that exist, newest first: look-ups during a rotation try all of them, in this order."""
    name = (environment_id.int, kind.value, scope)
    remembered = _versions.get(name)
    if remembered is None or remembered[0] <= monotonic():
        remembered = (monotonic() + remembered_seconds(), rows.versions(environment_id, kind.value, scope))
        if remembered[1]:  # none yet is not remembered: a first version counts at once
            _after_commit(_versions, name, remembered)
    return list(remembered[1])


def forget_keys(key_ids: Collection[UUID]) -> None:
    """Drop whatever this process has opened of these keys."""
    _subject_keys.forget(lambda _, opened: opened.id in key_ids)
    _named_keys.forget(lambda _, remembered: remembered[1].id in key_ids)
    _versions.clear()


def forget_opened_keys() -> None:
    """Drop every opened key of this process: tests start without, a breach ends with it."""
    _subject_keys.clear()
    _named_keys.clear()
    _versions.clear()
    environment_keys.forget()


def key_bytes(row: WrappedKey, kind: KeyKind, scope: str) -> bytes:
    """Return a row's data key. Kind and scope are what the caller expects, so a relabelled row does not open."""
    label = KeyLabel(row.environment_id, row.id, kind, scope, row.version)
    return unwrap(bytes(row.wrapped)[:WRAPPED_KEY_BYTES], label)


def _remembered(name: Name, expected: type[Opened], open_it: Callable[[], Opened]) -> Opened:
    hold_lease(name[0])
    remembered = _named_keys.get(name)
    if remembered is not None and remembered[0] > monotonic() and isinstance(remembered[1], expected):
        return remembered[1]
    believed_until = monotonic() + remembered_seconds()  # from before the look-up, however long the transaction takes
    opened = open_it()
    _after_commit(_named_keys, name, (believed_until, opened))
    return opened


def _after_commit(memory: BoundedMemory[K, V], name: K, value: V) -> None:
    """Remember once the transaction has committed: what it may have created could still be rolled back."""
    transaction.on_commit(lambda: memory.put(name, value))


def _settled(environment_id: UUID, scope: str) -> WrappedKey:
    row = rows.settled_wrapped_key(environment_id, KeyKind.INDEX.value, scope, age=settling())
    if row is None:
        raise UnknownKey("no index key of that scope: create it first")
    return row


def _row(environment_id: UUID, kind: KeyKind, scope: str, version: int | None) -> WrappedKey:
    if version is None:
        row = rows.newest_wrapped_key(environment_id, kind.value, scope)
    else:
        row = rows.wrapped_key_of_version(environment_id, kind.value, scope, version)
    if row is None:
        raise UnknownKey("no key of that kind, scope and version: create it first")
    return row


def _sealing_key(row: WrappedKey, kind: KeyKind, scope: str) -> OpenKey:
    return OpenKey(key_id=row.id, version=row.version, key=key_bytes(row, kind, scope))
