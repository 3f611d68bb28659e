"""Every write of the keyring."""

from keyring.actions.environment_keys import (
    create_environment_key,
    ensure_environment_key,
    rewrap_environment_keys,
)
from keyring.actions.sealed_secrets import create_sealed_secret
from keyring.actions.wrapped_keys import NewKey, create_key, create_subject_keys, destroy_key, ensure_key, rewrap_keys

__all__ = [
    "NewKey",
    "create_environment_key",
    "create_key",
    "create_sealed_secret",
    "create_subject_keys",
    "destroy_key",
    "ensure_environment_key",
    "ensure_key",
    "rewrap_environment_keys",
    "rewrap_keys",
]
