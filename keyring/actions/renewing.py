"""Batches of a rotation: each is one short transaction, skips what somebody works on, and says where to go on."""

from __future__ import annotations

from collections.abc import Iterator
from os import urandom
from typing import NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models.functions import Now

from keyring.environment_keys import newest_cipher
from keyring.fields import SealedField
from keyring.keys import KeyKind, key_by_id, key_bytes, keys_of_scope
from keyring.models import KeyRotation, WrappedKey
from keyring.places import secret_place, text_place
from keyring.rows import head_of
from keyring.sealed_secrets import SECRET_KINDS
from keyring.sealing import OpenKey, key_id_of
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from keyring.wrapping import KEY_BYTES, WRAPPED_KEY_BYTES, KeyLabel

_SET_WRAPPED = """
    update keyring_wrappedkey k set wrapped = d.wrapped
    from unnest(%s::uuid[], %s::bytea[]) d(id, wrapped) where k.environment_id = %s and k.id = d.id
"""


class Batch(NamedTuple):
    """What a batch did, and the place behind which the next one begins: "" at the end of a pass over everything."""

    turned: int
    place: str = ""


def rewrap_keys(*, environment_id: UUID, place: str = "", limit: int = 500) -> Batch:
    """Wrap keys that are under a former key of the environment again, under the newest.

    Reads are served all the time, and a sealed value does not change.
    """
    with in_environment(environment_id):
        cipher = newest_cipher(environment_id)
        keys = WrappedKey.objects.select_for_update(skip_locked=True).filter(environment_id=environment_id)
        due = list(
            keys.filter(id__gt=place or UUID(int=0))
            .annotate(head=head_of("wrapped", len(cipher.header)))
            .exclude(head=cipher.header)
            .order_by("id")[:limit]
        )
        wrapped = []
        for row in due:
            kind, old = KeyKind(row.kind), bytes(row.wrapped)
            label = KeyLabel(environment_id, row.id, kind, row.scope, row.version)
            wrapped.append(cipher.wrap(key_bytes(row, kind, row.scope), label) + old[WRAPPED_KEY_BYTES:])
        with connection.cursor() as cursor:
            cursor.execute(_SET_WRAPPED, [[row.id for row in due], wrapped, environment_id])
    return Batch(len(due), str(due[-1].id) if len(due) == limit else "")


def renew_secrets(*, environment_id: UUID, rotation: KeyRotation, limit: int = 100) -> Batch:
    """Give kept secrets, and private signing keys, a new key of the same id, made after the rotation began."""
    with in_environment(environment_id):
        keys = WrappedKey.objects.select_for_update(skip_locked=True).filter(
            environment_id=environment_id,
            kind__in=[kind.value for kind in SECRET_KINDS],
            created_at__lt=rotation.started_at,
        )
        due = [row for row in keys.order_by("id")[:limit] if len(row.wrapped) > WRAPPED_KEY_BYTES]
        cipher, now = newest_cipher(environment_id), Now()
        for row in due:
            kind, key = KeyKind(row.kind), urandom(KEY_BYTES)
            label = KeyLabel(environment_id, row.id, kind, row.scope, row.version)
            place = secret_place(environment_id, row.id)
            old = OpenKey(key_id=row.id, version=row.version, key=key_bytes(row, kind, row.scope))
            new = OpenKey(key_id=row.id, version=row.version, key=key)
            secret = old.unseal(bytes(row.wrapped)[WRAPPED_KEY_BYTES:], place)
            row.wrapped, row.created_at = cipher.wrap(key, label) + new.seal(secret, place), now
            row.save(update_fields=["wrapped", "created_at"])
    return Batch(len(due))


def reseal_texts(*, environment_id: UUID, place: str = "", limit: int = 200) -> Batch:
    """Seal texts of models (`SealedField`) again that are not under the environment's newest text key."""
    fields = list(_sealed_fields(environment_id))
    name, _, after = place.partition("|")
    names = [f"{model._meta.label_lower}.{field.name}" for model, field in fields]
    at = names.index(name) if name in names else 0
    if not fields:
        return Batch(0)
    turned, last = _reseal_field(environment_id, *fields[at], after=after, limit=limit)
    if last is not None:
        return Batch(turned, f"{names[at]}|{last}")
    return Batch(turned, f"{names[at + 1]}|" if at + 1 < len(names) else "")


def texts_are_due(*, environment_id: UUID) -> bool:
    """Say whether a text is still under a former key, whoever works on its row."""
    with in_environment(environment_id):
        newest = keys_of_scope(environment_id, KeyKind.TEXT, "")[0]
        for model, field in _sealed_fields(environment_id):
            rows = model._base_manager.exclude(**{f"{field.name}__isnull": True})
            if environment_id != SYSTEM_ENVIRONMENT:
                rows = rows.filter(environment_id=environment_id)
            if rows.annotate(named=head_of(field.name, 16, start=2)).exclude(named=newest.id.bytes).exists():
                return True
    return False


def _sealed_fields(environment_id: UUID) -> Iterator[tuple[type[models.Model], SealedField]]:
    """Every sealed field of every app; a model without an environment belongs to the installation."""
    for model in sorted(apps.get_models(), key=lambda m: m._meta.label_lower):
        walled = any(field.attname == "environment_id" for field in model._meta.concrete_fields)
        if walled == (environment_id != SYSTEM_ENVIRONMENT):
            yield from ((model, f) for f in model._meta.local_concrete_fields if isinstance(f, SealedField))


def _reseal_field(
    environment_id: UUID, model: type[models.Model], field: SealedField, *, after: str, limit: int
) -> tuple[int, object | None]:
    """Reseal one field of up to `limit` rows; give the last primary key, None at the end."""
    quote, meta = connection.ops.quote_name, model._meta
    table, column, key_column = quote(meta.db_table), quote(str(field.column)), quote(str(meta.pk.column))
    walled = "environment_id = %(environment)s and" if environment_id != SYSTEM_ENVIRONMENT else ""
    beyond = f"{key_column} > %(after)s and" if after else ""
    with in_environment(environment_id), connection.cursor() as cursor:
        newest = keys_of_scope(environment_id, KeyKind.TEXT, "")[0]  # as it is now, not as it is remembered
        cursor.execute(
            f"select {key_column}, {column} from {table} where {walled} {beyond} {column} is not null "  # noqa: S608  names of our own models
            f"and substring({column} from 2 for 16) <> %(newest)s "
            f"order by {key_column} limit %(limit)s for update skip locked",
            {
                "environment": environment_id,
                "after": meta.pk.to_python(after) if after else None,
                "newest": newest.id.bytes,
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
        for pk, sealed in rows:
            place = text_place(environment_id, meta.db_table, str(field.column), pk)
            old = key_by_id(environment_id, key_id_of(bytes(sealed)), kind=KeyKind.TEXT)
            cursor.execute(
                f"update {table} set {column} = %s where {key_column} = %s",  # noqa: S608  names of our own models
                [newest.seal(old.unseal(bytes(sealed), place), place), pk],
            )
    return len(rows), rows[-1][0] if len(rows) == limit else None
