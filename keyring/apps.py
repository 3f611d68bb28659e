"""The keyring as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class KeyringConfig(AppConfig):
    """Ground floor: knows nobody."""

    name = "keyring"
    verbose_name = "Keyring"

    def ready(self) -> None:
        from keyring import checks  # noqa: F401  importing registers the system checks
