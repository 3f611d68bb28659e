"""`manage.py create_officer`: the first operator of the console."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actors import SYSTEM
from governance.actions.accounts import OFFICERS, invite_operator
from governance.errors import GovernanceError


class Command(BaseCommand):
    help = "Define an operator in the group 'Privacy officers'; prints a one-time password for the first sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--superuser", action="store_true", help="may also define environments and operators in the console"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _, password = invite_operator(
                SYSTEM,
                username=options["username"],
                groups=(OFFICERS,),
                is_superuser=options["superuser"],
            )
        except GovernanceError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Password of {options['username']} (shown this once): {password.reveal()}")
