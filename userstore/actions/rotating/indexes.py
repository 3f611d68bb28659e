"""Index keys of columns: a new version, every value blinded under it, former versions destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from governance.standing import fresh_standing_of
from keyring.actions import Batch, create_next_index_key, retire_versions
from keyring.keys import IndexKey, KeyKind, newest_index_key, settling
from keyring.models import KeyRotation, WrappedKey
from keyring.places import cell_place
from keyring.walls import in_environment
from userstore.actions.credentials import INDEX_SCOPE, USERNAME_COLUMN, username_form
from userstore.actions.rotating.benches import Bench, bench, count_due, execute, is_due
from userstore.definitions import definitions_of
from userstore.models import Column

BATCH = 64

_OLD_BLIND = """(exists (
    select from userstore_value v join unnest(%(columns)s::bigint[], %(versions)s::int[]) d(column_id, version)
        on v.column_id = d.column_id and v.blind_version <> d.version
    where v.environment_id = s.environment_id and v.subject_id = s.id and v.blind is not null)
or exists (
    select from userstore_credential c
    where c.environment_id = s.environment_id and c.subject_id = s.id and c.blind_version <> %(usernames)s))"""
_SET_BLINDS = """
    update userstore_value v set blind = d.blind, blind_version = d.version
    from unnest(%s::uuid[], %s::bytea[], %s::int[]) d(id, blind, version) where v.environment_id = %s and v.id = d.id
"""
_SET_USERNAMES = """
    update userstore_credential c set blind = d.blind, blind_version = d.version
    from unnest(%s::uuid[], %s::bytea[], %s::int[]) d(id, blind, version) where c.environment_id = %s and c.id = d.id
"""
USERNAMES = 0
"""Stands for the user names where others are numbers of columns: no column has it."""


class IndexKeys:
    """The index keys of all indexed columns, and of user names."""

    name = "indexes"
    title = "Search indexes"
    keeps = timedelta()

    def waits(self) -> timedelta:
        """Until every process looks up under the new version."""
        return settling()

    def begin(self, environment_id: UUID) -> None:
        """Make a new version for every column that has an index key; look-ups try both from now on."""
        for scope in _scopes(environment_id):
            create_next_index_key(environment_id=environment_id, scope=scope)

    def expected(self, rotation: KeyRotation) -> int:
        """Count the subjects with a value under a former version."""
        keys = _newest(rotation.environment_id)
        return count_due(rotation.environment_id, due=_OLD_BLIND, facts=_facts(keys))

    def turn(self, rotation: KeyRotation) -> Batch:
        """Blind the values of the next subjects anew."""
        environment_id = rotation.environment_id
        keys = _newest(environment_id)
        with bench(environment_id, due=_OLD_BLIND, facts=_facts(keys), after=rotation.place, limit=BATCH) as laid:
            _blind(laid, keys)
        return Batch(len(laid.subjects), str(laid.last) if laid.last else "")

    def is_due(self, rotation: KeyRotation) -> bool:
        """Say whether a value is still under a former version."""
        keys = _newest(rotation.environment_id)
        return is_due(rotation.environment_id, due=_OLD_BLIND, facts=_facts(keys))

    def end(self, environment_id: UUID) -> int:
        """Destroy the former versions; return how many."""
        return sum(
            retire_versions(environment_id=environment_id, kind=KeyKind.INDEX, scope=scope)
            for scope in _scopes(environment_id)
        )


def _scopes(environment_id: UUID) -> list[str]:
    """The scopes of columns that have an index key, and that of user names where there are any."""
    with in_environment(environment_id):
        known = {str(public_id) for public_id in Column.objects.values_list("public_id", flat=True)} | {INDEX_SCOPE}
        keys = WrappedKey.objects.filter(environment_id=environment_id, kind=KeyKind.INDEX.value)
        return sorted(known & set(keys.values_list("scope", flat=True)))


def _newest(environment_id: UUID) -> dict[int, IndexKey]:
    """The newest index key of every indexed column."""
    with in_environment(environment_id):
        pks = {str(public_id): pk for pk, public_id in Column.objects.values_list("pk", "public_id")}
        pks[INDEX_SCOPE] = USERNAMES
        return {pks[scope]: newest_index_key(environment_id, scope) for scope in _scopes(environment_id)}


def _facts(keys: Mapping[int, IndexKey]) -> dict[str, Any]:
    usernames = keys[USERNAMES].version if USERNAMES in keys else 0
    return {"columns": list(keys), "versions": [key.version for key in keys.values()], "usernames": usernames}


def _blind(laid: Bench, keys: Mapping[int, IndexKey]) -> None:
    environment_id = laid.environment_id
    columns = definitions_of(fresh_standing_of(environment_id)).by_pk
    ids, blinds, versions = [], [], []
    for subject in laid.subjects:
        for value in subject.values:
            key = keys.get(value.column_pk)
            if key is None or not value.is_blinded or value.blind_version == key.version:
                continue
            column = columns[value.column_pk]
            place = cell_place(environment_id, subject.public_id, column.public_id, value.id)
            plain = column.data_type.restore(subject.key.unseal(bytes(value.sealed), place))
            ids.append(value.id)
            blinds.append(key.blind(column.data_type.index_form(plain)))
            versions.append(key.version)
    execute(_SET_BLINDS, [ids, blinds, versions, environment_id])
    _blind_usernames(laid, keys)


def _blind_usernames(laid: Bench, keys: Mapping[int, IndexKey]) -> None:
    key = keys.get(USERNAMES)
    if key is None:
        return
    rows = []
    for subject in laid.subjects:
        for credential in subject.credentials:
            place = cell_place(laid.environment_id, subject.public_id, USERNAME_COLUMN, credential.id)
            form = username_form(subject.key.unseal(bytes(credential.username), place).decode())
            rows.append((credential.id, key.blind(form), key.version))
    execute(_SET_USERNAMES, [*([row[at] for row in rows] for at in range(3)), laid.environment_id])
