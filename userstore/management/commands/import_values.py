"""`manage.py import_values`: import a file where it lies, with a bar; stop it at any time and resume it."""

from __future__ import annotations

import csv
import os
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.errors import GovernanceError
from governance.identities import Caller
from governance.people import client_at
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore.actions.importing.advancing import Importing
from userstore.actions.imports import begin_import_in_place, run_import
from userstore.definitions import purpose_meant
from userstore.importing.framing import CSV, NDJSON, USERCLOUDS
from userstore.importing.instructions import Instructions
from userstore.importing.seeing import import_of
from userstore.importing.sources import OpenFile
from userstore.models import Import, ImportFault, Mutator
from userstore.models.imports import FINISHED, HELD, RUNNING
from userstore.reading.calls import CallContext
from userstore.writing.batch import KNOWN_ONLY, NEWCOMERS
from userstore.writing.calls import ConsentTerms

_BAR = 30
_HERE = "127.0.0.1"
"""Where the call of whoever sits at this machine comes from."""
_SUFFIXES = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON, ".json": NDJSON}


class Command(BaseCommand):
    help = (
        "Import the values of people from a file: CSV with a header, NDJSON, or the format of the vendor's client. "
        "Good records are written, bad ones reported by line and reason. What is written is decided as for any call of "
        "the client that it is written for. Stopped or killed, it goes on with --resume where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the file; it is read where it lies and never changed")
        parser.add_argument("--environment", required=True, help="name of the environment")
        parser.add_argument("--client", required=True, help="name or id of the client that writes, by its own rights")
        parser.add_argument("--mutator", help="name or id of the mutator that writes")
        parser.add_argument("--purpose", action="append", default=[], help="what the values may be used for; repeat it")
        parser.add_argument("--format", choices=[CSV, NDJSON, USERCLOUDS], help="by default what the name ends with")
        parser.add_argument("--delimiter", default=",", help="between the fields of CSV (default: a comma)")
        parser.add_argument(
            "--map", action="append", default=[], type=_pair, metavar="FIELD=COLUMN", help="nothing behind = leaves out"
        )
        parser.add_argument("--select-by", action="append", default=[], metavar="FIELD", help="default: id")
        parser.add_argument("--create", action="store_true", help="create users that are not there yet")
        parser.add_argument("--text-version", default="", help="the text that people consented to")
        parser.add_argument("--resume", type=UUID, metavar="ID", help="go on with an import of this file")
        parser.add_argument("--report", type=Path, metavar="CSV", help="write the bad records there")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            file = OpenFile(options["file"])
        except OSError as problem:
            raise CommandError(f"The file cannot be read: {problem.strerror}.") from None
        try:
            caller = client_at(options["environment"], options["client"])
            row = (
                self._resumed(caller, file, options["resume"])
                if options["resume"]
                else self._asked(caller, file, options)
            )
            self._tell(self._run(row, file), options["report"])
        except GovernanceError as problem:
            raise CommandError(" ".join(filter(None, [str(problem), problem.remedy]))) from None
        finally:
            file.close()

    def _asked(self, caller: Caller, file: OpenFile, options: dict[str, Any]) -> Import:
        standing = fresh_standing_of(caller.environment_id)
        format_name = options["format"] or _SUFFIXES.get(options["file"].suffix.lower())
        if format_name is None:
            raise CommandError("Say what the file is: --format csv, ndjson or userclouds.")
        instructions = Instructions(
            mutator_id=self._mutator(caller, options["mutator"]),
            format=format_name,
            delimiter=options["delimiter"],
            columns=dict(options["map"]),
            selector=tuple(options["select_by"]),
            purposes=tuple(purpose_meant(name, standing).public_id for name in options["purpose"]),
            unknown=NEWCOMERS if options["create"] else KNOWN_ONLY,
            context=CallContext(_HERE),
            consent=ConsentTerms(options["text_version"]),
        )
        mark = file.mark(caller.environment_id)
        now = timezone.now()
        row = begin_import_in_place(caller, instructions=instructions, size=file.size, mark=mark, now=now).row
        self.stdout.write(f"import {row.pk}")
        return row

    def _mutator(self, caller: Caller, wanted: str | None) -> UUID | None:
        if wanted is None:
            return None
        with in_environment(caller.environment_id):
            known = {str(m.public_id): m.public_id for m in Mutator.objects.all()}
            known |= {m.name: m.public_id for m in Mutator.objects.all()}
        if wanted not in known:
            raise CommandError(f"There is no mutator {wanted!r}.")
        return known[wanted]

    def _resumed(self, caller: Caller, file: OpenFile, import_id: UUID) -> Import:
        row = import_of(caller, import_id, now=timezone.now())
        if row.is_kept or (bytes(row.mark), row.size) != (file.mark(caller.environment_id), file.size):
            raise CommandError("This is not the file that the import began with.")
        if row.state == HELD:
            row = run_import(caller, import_id=import_id, now=timezone.now())
        return row

    def _run(self, row: Import, file: OpenFile) -> Import:
        importing = Importing(row.environment_id, row.pk, source=file)
        while row.state == RUNNING:
            step = importing.step(now=timezone.now())
            row = step.row
            self._draw(row)
            if step.is_idle and not step.is_brief:
                break
            if step.is_brief:
                time.sleep(0.5)
        if self.stderr.isatty():
            self.stderr.write("")
        return row

    def _draw(self, row: Import) -> None:
        if self.stderr.isatty():
            filled = int(row.share * _BAR)
            bar = "#" * filled + "." * (_BAR - filled)
            self.stderr.write(f"\r[{bar}] {row.share:4.0%} {row.records:,} records, {row.failed:,} bad", ending="")
            self.stderr.flush()

    def _tell(self, row: Import, report: Path | None) -> None:
        self.stdout.write(
            f"{row.records} records: {row.effective} written, {row.failed} bad, "
            f"{row.records - row.effective - row.failed} without effect; {row.users_created} users are new."
        )
        with in_environment(row.environment_id):
            faults = [
                (fault.line, fault.field, fault.reason.reveal() if fault.reason else "")
                for fault in ImportFault.objects.filter(source=row).order_by("line")
            ]
        if report is not None:
            descriptor = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", newline="") as written:
                csv.writer(written).writerows([("line", "field", "reason"), *faults])
        else:
            for line, field, reason in faults[:20]:
                self.stdout.write(f"  line {line}{f', {field}' if field else ''}: {reason}")
        if row.state != FINISHED:
            raise CommandError(f"It stands still: {row.held_because or row.state} Go on with --resume {row.pk}")


def _pair(text: str) -> tuple[str, str | None]:
    field, separator, column = text.partition("=")
    if not separator or not field:
        raise ArgumentTypeError("write FIELD=COLUMN")
    return field, column or None
