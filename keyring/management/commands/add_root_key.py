"""Add a root key to the keyring file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from keyring.errors import KmsUnavailable
from keyring.kms.keyring_file import add_root_key


class Command(BaseCommand):
    """Adds a root key, which wraps from now on; running processes notice."""

    help = "Add a root key to the keyring file (SEALBOOK_KEYRING). It wraps from now on; older ones still unwrap."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            added = add_root_key(settings.KEYRING_FILE, settings.KEYRING_PASSPHRASE)
        except KmsUnavailable as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(
                f"The keyring file {settings.KEYRING_FILE} cannot be written: {error.strerror}."
            ) from None
        self.stdout.write(f"Added root key {added}. Back the keyring file up again.")
