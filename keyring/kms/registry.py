"""The providers a deployment has chosen."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from keyring.errors import KmsUnavailable
from keyring.kms.protocol import Kms

Chosen = tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...]


def providers() -> tuple[Kms, ...]:
    """Return the providers in the order of the settings: the first one wraps."""
    chosen = tuple(
        (entry["name"], entry["backend"], tuple(sorted(entry.get("options", {}).items())))
        for entry in settings.KMS_PROVIDERS
    )
    if not chosen:
        raise KmsUnavailable("No key management is configured: name a provider in KMS_PROVIDERS.")
    return _built(chosen)


def provider(name: str) -> Kms:
    """Return the provider of that name; raise `KmsUnavailable` where the settings no longer have it."""
    for candidate in providers():
        if candidate.name == name:
            return candidate
    raise KmsUnavailable(f"Keys were wrapped by the provider {name!r}, which KMS_PROVIDERS no longer lists: add it.")


@lru_cache(maxsize=4)
def _built(chosen: Chosen) -> tuple[Kms, ...]:
    return tuple(import_string(backend)(name=name, **dict(options)) for name, backend, options in chosen)
