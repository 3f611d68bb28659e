"""Erase again whom a restored backup brought back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from userstore.actions.replaying import replay_erasures
from userstore.erasure.errors import LedgerUnusable


class Command(BaseCommand):
    """Replays the ledger of erasures; every web process does so before it serves."""

    help = (
        "Erase again whoever the ledger of erasures names and this database still has, as after restoring a backup. "
        "Every web process does this before it serves; run it alone to see how many there are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        try:
            erased = replay_erasures()
        except LedgerUnusable as problem:
            raise CommandError(" ".join(filter(None, (str(problem), problem.remedy)))) from None
        self.stdout.write(f"{erased} erased again" if erased else "nobody to erase again")
