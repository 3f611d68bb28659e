"""Giving environments their keys."""

from __future__ import annotations

from os import urandom
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from keyring.environment_keys import forget, kms_context
from keyring.kms import provider, providers
from keyring.models import EnvironmentKey
from keyring.rows import serialise, wraps_anything
from keyring.walls import in_environment
from keyring.wrapping import KEY_BYTES


def create_environment_key(*, environment_id: UUID) -> EnvironmentKey:
    """Create the environment's next key, wrapped by the first KMS provider; it wraps new keys from now on."""
    with in_environment(environment_id):
        serialise(environment_id, "environment keys")
        newest = EnvironmentKey.objects.filter(environment_id=environment_id).aggregate(newest=Max("number"))["newest"]
        return _create(environment_id, number=(newest or 0) + 1)


def ensure_environment_key(*, environment_id: UUID) -> EnvironmentKey:
    """Return the environment's newest key and create the first one where there is none."""
    with in_environment(environment_id):
        serialise(environment_id, "environment keys")
        keys = EnvironmentKey.objects.filter(environment_id=environment_id, retired_at=None)
        return keys.order_by("-number").first() or _create(environment_id, number=1)


def retire_environment_keys(*, environment_id: UUID) -> int:
    """Destroy every key of the environment but the newest, as far as nothing is wrapped under it; return how many."""
    with in_environment(environment_id):
        serialise(environment_id, "environment keys")
        keys = EnvironmentKey.objects.filter(environment_id=environment_id).order_by("-number")
        former = [row for row in keys[1:] if not wraps_anything(environment_id, row.number)]
        EnvironmentKey.objects.filter(environment_id=environment_id, id__in=[row.id for row in former]).delete()
        if former:
            forget()
            transaction.on_commit(forget)
    return len(former)


def rewrap_environment_keys(*, environment_id: UUID) -> int:
    """Wrap every key of the environment again by the first KMS provider, under its newest root key; return how many.

    Safe to repeat, and to stop at any time: the key itself stays, so what it wraps opens all along.

    Raises:
        KmsUnavailable: the first provider, or one that wrapped a key, cannot be asked; nothing has changed.
    """
    kms = providers()[0]
    with in_environment(environment_id):
        keys = list(EnvironmentKey.objects.select_for_update().filter(environment_id=environment_id))
        for row in keys:
            context = kms_context(environment_id, row.number)
            key = provider(row.provider).unwrap(bytes(row.wrapped), context=context)
            row.wrapped, row.provider = kms.wrap(key, context=context), kms.name
        EnvironmentKey.objects.bulk_update(keys, ["wrapped", "provider"])
    return len(keys)


def _create(environment_id: UUID, *, number: int) -> EnvironmentKey:
    kms = providers()[0]
    wrapped = kms.wrap(urandom(KEY_BYTES), context=kms_context(environment_id, number))
    return EnvironmentKey.objects.create(
        environment_id=environment_id, number=number, provider=kms.name, wrapped=wrapped
    )
