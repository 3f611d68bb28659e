"""`manage.py count_book`: the hourly counts of the book, brought up to date or made anew."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from audit.actions.rollups import roll_up, roll_up_anew
from audit.actors import SYSTEM
from audit.analysis.reading import environments
from audit.errors import AuditError


class Command(BaseCommand):
    """Counts what was sealed since the last time, or with --anew everything whose bodies are there."""

    help = "Count the audit log by the hour. The clock does it by itself; --anew makes the counts from the beginning."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", type=UUID, action="append", help="only this one; may be repeated")
        parser.add_argument("--anew", action="store_true", help="count again what was counted; on record")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = datetime.now(UTC)
        try:
            for each in options["environment"] or environments():
                if options["anew"]:
                    entries = roll_up_anew(SYSTEM, environment_id=each, now=now)
                    self.stdout.write(f"{each}: {entries} entries counted anew")
                    continue
                places = 0
                while went := roll_up(each, now=now):
                    places += went
                self.stdout.write(f"{each}: {places} places further")
        except (AuditError, Error) as error:
            raise CommandError(str(error)) from error
