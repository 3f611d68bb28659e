"""`manage.py rewrap_root`: every environment key and the ledger of erasures under the newest root key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actors import SYSTEM
from governance.actions.root_keys import rewrap_root
from governance.models import Environment
from keyring.errors import KeyringError
from keyring.walls import SYSTEM_ENVIRONMENT
from userstore.actions.erasing import rewrap_ledger
from userstore.erasure.errors import LedgerUnusable


class Command(BaseCommand):
    help = (
        "Wrap the keys of every environment and of the ledger of erasures again, by the first provider of SEALBOOK_KMS "
        "under its newest root key. Nothing is interrupted; run it again after a failure."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        environments = [(SYSTEM_ENVIRONMENT, "the installation"), *Environment.objects.values_list("id", "name")]
        for environment_id, name in environments:
            try:
                rewrapped = rewrap_root(SYSTEM, environment_id=environment_id)
            except KeyringError as error:
                raise CommandError(f"Keys of {name} stay as they were. {error}") from None
            self.stdout.write(f"{name}: {rewrapped} keys")
        try:
            if rewrap_ledger(SYSTEM):
                self.stdout.write("the ledger of erasures: 1 key")
        except (KeyringError, LedgerUnusable) as error:
            raise CommandError(f"The key of the ledger of erasures stays as it was. {error}") from None
