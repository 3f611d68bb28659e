"""`manage.py create_environment`: an environment with its keys and built-in objects."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actors import SYSTEM
from governance.actions.accounts import OFFICERS
from governance.actions.environments import define_environment
from governance.actions.rights import give_group_rights
from governance.errors import GovernanceError

OFFICERS_MAY = ("configure", "audit", "consent", "register")


class Command(BaseCommand):
    help = (
        "Define an environment (dev, staging, prod, ...) with its keys, and give the group 'Privacy officers' the "
        "rights configure, audit, consent and register in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="1 to 64 characters; it stays for ever")
        parser.add_argument("--description", default="")
        parser.add_argument(
            "--synthetic", action="store_true", help="holds invented people only, so pages may show values"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            environment = define_environment(
                SYSTEM,
                name=options["name"],
                description=options["description"],
                is_synthetic=options["synthetic"],
            )
            give_group_rights(environment, OFFICERS, OFFICERS_MAY)
        except GovernanceError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Environment {environment.name}: {environment.id}")
