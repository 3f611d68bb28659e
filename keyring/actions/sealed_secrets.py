"""Keeping secrets that are not 32 random bytes: private signing keys, passwords of connectors."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from os import urandom
from uuid import UUID, uuid4

from django.db import transaction

from keyring.actions.wrapped_keys import create_row, next_version
from keyring.keys import forget_keys
from keyring.kinds import KeyKind
from keyring.models import WrappedKey
from keyring.places import secret_place
from keyring.sealed_secrets import SECRET_KINDS
from keyring.sealing import OpenKey
from keyring.walls import in_environment
from keyring.wrapping import KEY_BYTES, KeyLabel


def create_sealed_secret(*, environment_id: UUID, kind: KeyKind, scope: str = "", secret: bytes) -> UUID:
    """Seal a secret under a key of its own and return its id; `open_sealed_secret` gives it back.

    A scope may hold several secrets; each gets the next version. `destroy_key` destroys one.

    Raises:
        UnknownKey: the environment has no key yet.
        ValueError: the kind is neither secret nor signing.
    """
    if kind not in SECRET_KINDS:
        raise ValueError(f"keys of kind {kind} carry no secret")
    with in_environment(environment_id):
        version = next_version(environment_id, kind, scope)
        label, key = KeyLabel(environment_id, uuid4(), kind, scope, version), urandom(KEY_BYTES)
        opened = OpenKey(key_id=label.key_id, version=version, key=key)
        create_row(label, key=key, behind=opened.seal(secret, secret_place(environment_id, label.key_id)))
    return label.key_id


def forget_secrets(*, environment_id: UUID, kind: KeyKind, scope: str, before: datetime, but: Collection[UUID]) -> int:
    """Destroy the secrets of a scope that were sealed, or got their present key, before a moment, save some.

    Returns how many there were.
    """
    with in_environment(environment_id):
        kept = WrappedKey.objects.filter(environment_id=environment_id, kind=kind.value, scope=scope)
        over = list(kept.filter(created_at__lt=before).exclude(id__in=but).values_list("id", flat=True))
        destroyed, _ = kept.filter(id__in=over).delete()
        forget_keys(over)
        transaction.on_commit(lambda: forget_keys(over))
    return destroyed
