"""`manage.py import_staff`: the staff directory of an environment from a CSV file, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.actions.staff import take_in_staff
from governance.errors import GovernanceError
from governance.identities import system_caller
from governance.models import Environment
from governance.staff_files import COLUMNS, StaffFileUnfit

MOST = 8 * 1024 * 1024
"""Bytes of a file."""


class Command(BaseCommand):
    help = f"Take the staff directory of an environment in from a CSV file with the columns {', '.join(COLUMNS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("environment", help="name of the environment")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        environment = Environment.objects.filter(name=options["environment"]).first()
        if environment is None:
            raise CommandError(f"There is no environment {options['environment']!r}; create_environment makes one.")
        try:
            told = take_in_staff(system_caller(environment.id), text=_text(options["file"]), source="command")
        except StaffFileUnfit as unfit:
            raise CommandError("\n".join([str(unfit), *map(str, unfit.faults)])) from None
        except GovernanceError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{told['members']} members: {told['added']} added, {told['changed']} changed, {told['ended']} ended"
        )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST:
            raise CommandError(f"The file is larger than {MOST} bytes.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CommandError("The file cannot be read as UTF-8 text.") from None
