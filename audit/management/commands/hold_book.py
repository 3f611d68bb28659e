"""`manage.py hold_book`: months of the book that stay whole whatever their age."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit.actions.months import hold_month, release_month
from audit.actors import SYSTEM
from audit.errors import MonthRefused
from audit.models import MonthHold


class Command(BaseCommand):
    """Places, releases and lists legal holds on the book."""

    help = (
        "Keep a month of the audit log whole: --month 2026-03 --matter REF; let go of it: --release HOLD --matter REF. "
        "Without arguments, list the holds."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", type=_month, help="the month that is held, as 2026-03")
        parser.add_argument("--matter", help="the reference of what it is held or released for; no names")
        parser.add_argument("--release", type=UUID, metavar="HOLD", help="release the hold of this id")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["release"]:
                release_month(SYSTEM, hold_id=options["release"], reference=options["matter"] or "")
                self.stdout.write("released")
            elif options["month"] and options["matter"]:
                hold = hold_month(SYSTEM, month=options["month"], matter=options["matter"])
                self.stdout.write(f"{hold.pk} holds {hold}")
            elif options["month"] or options["matter"]:
                raise CommandError("A hold has a month and a matter: --month 2026-03 --matter REF.")
            else:
                for hold in MonthHold.objects.filter(released_at=None).order_by("month", "matter"):
                    self.stdout.write(f"{hold.pk} holds {hold}")
        except MonthRefused as error:
            raise CommandError(f"{error}.") from None


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise ArgumentTypeError("a month is written as 2026-03") from None
