"""`manage.py backtest_detection`: what a rule would have found, before it is enabled or its threshold changes."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit.analysis.backtesting import backtest
from audit.analysis.sources import detections
from audit.errors import AuditorNotConfigured


class Command(BaseCommand):
    """Runs one rule over days of the book and prints what it would have raised; nothing is kept."""

    help = (
        "Run a rule of the analysis over days of the audit log: D9 --environment ID --from 2026-03-01 --to 2026-03-31."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("detection", help="the id of the rule, as D9")
        parser.add_argument("--environment", type=UUID, required=True)
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
        parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
        parser.add_argument("--threshold", type=int, help="signals of one key in one window; the rule's own by default")

    def handle(self, *_args: Any, **options: Any) -> None:
        rules = [each for each in detections() if each.id == options["detection"]]
        if not rules:
            raise CommandError(f"There is no such rule; there are {', '.join(each.id for each in detections())}.")
        if options["first"] > options["last"] or (options["threshold"] or 1) < 1:
            raise CommandError("The first day comes before the last one, and a threshold is at least 1.")
        try:
            told = backtest(
                rules,
                environment_id=options["environment"],
                first=options["first"],
                last=options["last"],
                now=datetime.now(UTC),
                threshold=options["threshold"],
            )
        except AuditorNotConfigured as error:
            raise CommandError(str(error)) from error
        for alert in sorted(told.raised, key=lambda each: (each.at, each.id)):
            self.stdout.write(f"{alert.at:%Y-%m-%d} {alert.rule} {alert.actor or alert.key} {alert.nats:.1f} nats")
        self.stdout.write(f"{len(told.raised)} alerts over {told.days} days and {told.accesses} entries")
