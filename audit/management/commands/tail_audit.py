"""`manage.py tail_audit`: the newest entries of an environment as JSON lines."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit import queries
from audit.actions.reading import Filters, read_entries
from audit.actors import SYSTEM
from audit.errors import AuditError
from audit.queries import EntryView

OVERLAP = timedelta(minutes=2)
"""An entry becomes visible when its transaction commits, which may be after later ones did: so look back this far."""


class Command(BaseCommand):
    """Shows the book on the command line; that it was read is recorded."""

    help = "Print an environment's newest audit entries as JSON lines, oldest of them first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", type=_uuid, required=True, help="id of the environment")
        parser.add_argument("--kind", action="append", help="only this kind of event; may be repeated")
        parser.add_argument("--limit", type=_limit, default=20, help="how many entries to begin with (1 to 1500)")
        parser.add_argument("--follow", action="store_true", help="keep printing new entries until interrupted")
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between two looks, with --follow")

    def handle(self, *args: Any, **options: Any) -> None:
        filters = Filters(kinds=options["kind"])
        try:
            page = read_entries(
                actor=SYSTEM,
                environment_id=options["environment"],
                filters=filters,
                door="command",
                limit=options["limit"],
            )
            self._print(page.entries)
            if options["follow"]:
                for fresh in _follow(options["environment"], filters, page.entries, options["interval"]):
                    self._print(fresh)
        except AuditError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("stopped")

    def _print(self, found: list[EntryView]) -> None:
        for entry in reversed(found):
            self.stdout.write(entry.text)


def _follow(
    environment_id: UUID, filters: Filters, printed: list[EntryView], interval: float
) -> Iterator[list[EntryView]]:
    """Yield entries as they appear, each once."""
    seen = {entry.id: entry.recorded_at for entry in printed}
    began = max(seen.values(), default=datetime.now(UTC) - OVERLAP)
    while True:
        time.sleep(interval)
        since = max([began, *seen.values()]) - OVERLAP
        window = list(queries.every_entry(environment_id=environment_id, since=since, **filters.used()))
        yield [entry for entry in window if entry.id not in seen and entry.recorded_at >= began]
        seen = {entry.id: entry.recorded_at for entry in window}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError("the id of an environment is a UUID") from None


def _limit(text: str) -> int:
    limit = int(text)
    if not 1 <= limit <= queries.LARGEST_PAGE:
        raise ArgumentTypeError(f"a number from 1 to {queries.LARGEST_PAGE}")
    return limit
