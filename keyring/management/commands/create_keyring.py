"""Create the keyring file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from keyring.kms.keyring_file import create_keyring_file


class Command(BaseCommand):
    """Creates the keyring file of the settings and never replaces one."""

    help = (
        "Create the keyring file (SEALBOOK_KEYRING) with one root key, wrapped under SEALBOOK_KEYRING_PASSPHRASE "
        "where that is set. An existing file is never replaced."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        path = settings.KEYRING_FILE
        try:
            create_keyring_file(path, settings.KEYRING_PASSPHRASE)
        except FileExistsError:
            raise CommandError(f"There is a keyring file at {path} already. It stays as it is.") from None
        except OSError as error:
            raise CommandError(f"The keyring file {path} cannot be created: {error.strerror}.") from None
        self.stdout.write(
            f"Created {path}. Back it up apart from the database: without it nothing can ever be unsealed."
        )
        if not settings.KEYRING_PASSPHRASE:
            self.stdout.write(
                "Its root key is not wrapped. For production set SEALBOOK_KEYRING_PASSPHRASE before creating it."
            )
