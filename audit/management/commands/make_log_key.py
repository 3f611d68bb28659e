"""`manage.py make_log_key`: the key that signs the book, or a witness's."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.errors import LogKeyUnusable
from audit.integrity.keys import make_key
from audit.verify.notes import LOG, WITNESS, NoteRefused


class Command(BaseCommand):
    """Makes a key and prints what others check it by."""

    help = "Make the key that signs the audit log, or with --witness one of a witness; prints the public key."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where the key goes; it must not exist yet")
        parser.add_argument("--name", required=True, help="of the log or the witness, e.g. book.example.com/sealbook")
        parser.add_argument("--witness", action="store_true", help="a key that cosigns instead of one that signs")

    def handle(self, *_args: Any, **options: Any) -> None:
        kind = WITNESS if options["witness"] else LOG
        try:
            signer = make_key(options["file"], name=options["name"], kind=kind)
        except (LogKeyUnusable, NoteRefused) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(str(signer.verifier))
