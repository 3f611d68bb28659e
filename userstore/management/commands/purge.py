"""`manage.py purge`: destroy what is over, with a bar that tells how far it is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.models import Environment
from userstore.actions.purging import BATCH, Purged, purge
from userstore.retention.due import Due, due_of

_WIDTH = 30


class Command(BaseCommand):
    help = (
        "Destroy values and purposes whose time is over, in every environment or in one. It can be stopped and started "
        "again, and does not get in the way of another purge; a legal hold stops it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--environment", help="the name of one environment; otherwise all")
        parser.add_argument("--dry-run", action="store_true", help="only show what is over")
        parser.add_argument("--batch", type=int, default=BATCH, help="values of one batch (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch"] <= 5000:
            raise CommandError("A batch has 1 to 5000 values.")
        environments = Environment.objects.order_by("name")
        if options["environment"]:
            environments = environments.filter(name__iexact=options["environment"])
            if not environments:
                raise CommandError(f"There is no environment {options['environment']!r}.")
        for environment in environments:
            due = due_of(environment.id, now=timezone.now())
            if options["dry_run"]:
                self._show(environment.name, due)
            else:
                self._purge(environment, due, options["batch"])

    def _purge(self, environment: Environment, due: Due, batch: int) -> None:
        done = Purged()
        for step in purge(environment.id, now=timezone.now(), batch=batch):
            done.add(step)
            self._draw(environment.name, min(done.looked_at, due.values), due.values)
        if self.stderr.isatty():
            self.stderr.write("")
        told = [
            f"{sum(done.destroyed.values())} values destroyed",
            f"{sum(done.kept.values())} kept as deleted",
            f"{done.users} deleted users gone",
            f"{done.held} held",
        ]
        if done.failed:
            told.append(f"{done.failed} users left out, since their key does not open")
        self.stdout.write(f"{environment.name}: {', '.join(told)}.")

    def _show(self, name: str, due: Due) -> None:
        self.stdout.write(f"{name}: {due.values} values are over, {due.held} of them held.")
        for (state, column, purpose), count in sorted(due.purposes.items()):
            self.stdout.write(f"  {column} for {purpose}, {state}: {count}")

    def _draw(self, name: str, done: int, total: int) -> None:
        if self.stderr.isatty():
            filled = _WIDTH * done // total if total else _WIDTH
            bar = "#" * filled + "." * (_WIDTH - filled)
            self.stderr.write(f"\r{name} [{bar}] {done}/{total}", ending="")
            self.stderr.flush()
