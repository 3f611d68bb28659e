"""Fetching key rows from behind the walls.

The wall of the key tables lets every transaction that is in an environment read the keys of the system environment
too: operators' sealed text is read while the console is in an environment. Without a KMS such a row is dead bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import BinaryField, Case, F, Func, Value, When
from django.db.models.functions import Now

from keyring.models import EnvironmentKey, WrappedKey
from keyring.walls import current_environment, in_environment
from keyring.wrapping import wrapped_header

Row = TypeVar("Row")


def environment_key(environment_id: UUID, number: int) -> EnvironmentKey | None:
    """Return the environment's key of that number."""
    return _from_inside(
        environment_id, lambda: EnvironmentKey.objects.filter(environment_id=environment_id, number=number).first()
    )


def newest_environment_key(environment_id: UUID) -> EnvironmentKey | None:
    """Return the environment key that wraps: the newest that is not retired."""
    keys = EnvironmentKey.objects.filter(environment_id=environment_id, retired_at=None).order_by("-number")
    return _from_inside(environment_id, keys.first)


def wrapped_key(environment_id: UUID, key_id: UUID) -> WrappedKey | None:
    """Return the wrapped key of that id."""
    keys = WrappedKey.objects.filter(environment_id=environment_id, id=key_id)
    return _from_inside(environment_id, keys.first)


def newest_wrapped_key(environment_id: UUID, kind: str, scope: str) -> WrappedKey | None:
    """Return the wrapped key of the highest version."""
    keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind, scope=scope).order_by("-version")
    return _from_inside(environment_id, keys.first)


def settled_wrapped_key(environment_id: UUID, kind: str, scope: str, *, age: timedelta) -> WrappedKey | None:
    """Return the highest version that is at least `age` old by the database's clock, else the lowest there is."""
    settled = Case(When(created_at__lte=Now() - age, then=F("version")), default=-F("version"))
    keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind, scope=scope).order_by(settled.desc())
    return _from_inside(environment_id, keys.first)


def wrapped_key_of_version(environment_id: UUID, kind: str, scope: str, version: int) -> WrappedKey | None:
    """Return the wrapped key of one version."""
    keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind, scope=scope, version=version)
    return _from_inside(environment_id, keys.first)


def versions(environment_id: UUID, kind: str, scope: str) -> list[int]:
    """Return the versions that exist, newest first."""
    keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind, scope=scope).order_by("-version")
    return _from_inside(environment_id, lambda: list(keys.values_list("version", flat=True)) or None) or []


def wrapped_keys(environment_id: UUID, kind: str, scope: str) -> list[WrappedKey]:
    """Return the wrapped keys of all versions, the newest first."""
    keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind, scope=scope).order_by("-version")
    return _from_inside(environment_id, lambda: list(keys.all()) or None) or []


def wrapped_keys_of_scopes(environment_id: UUID, kind: str, scopes: Collection[str]) -> list[WrappedKey]:
    """Return the wrapped key of the highest version of each scope that has one."""
    keys = WrappedKey.objects.filter(environment_id=environment_id, kind=kind, scope__in=scopes)
    newest = keys.order_by("scope", "-version").distinct("scope")
    return _from_inside(environment_id, lambda: list(newest.all()) or None) or []


def wraps_anything(environment_id: UUID, number: int) -> bool:
    """Say whether a key of the environment is wrapped under its key of that number."""
    header = wrapped_header(number)
    keys = WrappedKey.objects.filter(environment_id=environment_id)
    return keys.annotate(head=head_of("wrapped", len(header))).filter(head=header).exists()


def head_of(column: str, length: int, *, start: int = 1) -> Func:
    """The bytes of a column from `start`, counted from 1, as an expression."""
    return Func(F(column), Value(start), Value(length), function="substring", output_field=BinaryField())


def _from_inside(environment_id: UUID, fetch: Callable[[], Row | None]) -> Row | None:
    """Fetch where we are; a transaction that is in no environment enters this one for it."""
    found = fetch()
    if found is None and current_environment() is None:
        with in_environment(environment_id):
            found = fetch()
    return found


def serialise(environment_id: UUID, what: str) -> None:
    """Let one transaction at a time count keys of an environment: otherwise one of two fails on a unique number."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"keyring {environment_id} {what}"])
