"""Every write of the keyring."""

from keyring.actions.environment_keys import (
    create_environment_key,
    ensure_environment_key,
    retire_environment_keys,
    rewrap_environment_keys,
)
from keyring.actions.renewing import Batch, renew_secrets, reseal_texts, rewrap_keys, texts_are_due
from keyring.actions.sealed_secrets import create_sealed_secret, forget_secrets
from keyring.actions.wrapped_keys import (
    NewKey,
    announce_index_keys,
    create_first_keys,
    create_key,
    create_next_index_key,
    create_subject_keys,
    destroy_key,
    ensure_key,
    retire_versions,
)

__all__ = [
    "Batch",
    "NewKey",
    "announce_index_keys",
    "create_environment_key",
    "create_first_keys",
    "create_key",
    "create_next_index_key",
    "create_sealed_secret",
    "create_subject_keys",
    "destroy_key",
    "ensure_environment_key",
    "ensure_key",
    "forget_secrets",
    "renew_secrets",
    "reseal_texts",
    "retire_environment_keys",
    "retire_versions",
    "rewrap_environment_keys",
    "rewrap_keys",
    "texts_are_due",
]
