"""`manage.py verify_book`: the book checked where it lies."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actions.exporting import verify_book
from audit.errors import AuditError
from audit.verify.checkpoints import Keys
from audit.verify.cli import add_demands, demands_of, kept_note, key_given
from audit.verify.notes import NoteRefused
from audit.verify.reports import Verdict


class Command(BaseCommand):
    """Computes everything anew from the bodies; ends with 0 all is well, 1 it is not, 2 cannot tell."""

    help = (
        "Verify the audit log in the database: bodies, leaves, tiles, roots and signatures, and the columns that "
        "entries are searched by. Ends with 0 if all is well, 1 if not, 2 if it cannot tell. Who trusts nobody here "
        "exports the log and runs the verifier elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--log-key", required=True, help="public key of the log, or a file with it")
        parser.add_argument("--witness", action="append", default=[], help="public key of a witness; may be repeated")
        parser.add_argument("--quorum", type=int, help="how many witnesses must agree (default: one, if any)")
        parser.add_argument("--since", type=Path, help="a checkpoint that was kept: it must still hold")
        add_demands(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            witnesses = tuple(map(key_given, options["witness"]))
            quorum = min(1, len(witnesses)) if options["quorum"] is None else options["quorum"]
            keys = Keys(key_given(options["log_key"]), witnesses, quorum)
            kept = kept_note(options["since"], keys) if options["since"] else None
            demands = demands_of(options["late"], options["keep_months"], options["witnessed_within"], keys=keys)
            report = verify_book(keys=keys, kept=kept, demands=demands)
        except (AuditError, NoteRefused, LookupError, OSError) as error:
            raise CommandError(str(error), returncode=Verdict.UNKNOWN) from error
        self.stdout.write(report.as_json() if options["json"] else report.as_text())
        if report.verdict:
            sys.exit(report.verdict)
