"""`manage.py rewrap_root`: every environment key under the newest root key of the first KMS provider."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actors import SYSTEM
from governance.actions.root_keys import rewrap_root
from governance.models import Environment
from keyring.errors import KeyringError
from keyring.walls import SYSTEM_ENVIRONMENT


class Command(BaseCommand):
    help = (
        "Wrap the keys of every environment again, by the first provider of SEALBOOK_KMS under its newest root key. "
        "Nothing is interrupted; run it again after a failure."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        environments = [(SYSTEM_ENVIRONMENT, "the installation"), *Environment.objects.values_list("id", "name")]
        for environment_id, name in environments:
            try:
                rewrapped = rewrap_root(SYSTEM, environment_id=environment_id)
            except KeyringError as error:
                raise CommandError(f"Keys of {name} stay as they were. {error}") from None
            self.stdout.write(f"{name}: {rewrapped} keys")
