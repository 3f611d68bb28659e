"""`manage.py export_book`: the book with its tree, for a verifier elsewhere."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit.actions.exporting import export_book
from audit.actors import SYSTEM
from audit.errors import AuditError


class Command(BaseCommand):
    """Writes every entry, leaf, tile and checkpoint; that it did is recorded first."""

    help = (
        "Write the audit log with its tree and all signatures, so that it can be verified elsewhere with the program "
        "that `sealbook audit_verifier FILE` writes. That it was exported is recorded in the log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="where it goes; - for the standard output")
        parser.add_argument("--environment", type=_uuid, help="bodies of this environment alone; others' as hashes")
        parser.add_argument("--since", type=_index, default=0, help="index of the first entry, e.g. a kept size")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = export_book(actor=SYSTEM, environment_id=options["environment"], since=options["since"])
        try:
            with _opened(options["file"]) as out:
                out.writelines(lines)
        except (AuditError, LookupError, OSError) as error:
            raise CommandError(str(error)) from error


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """Give a new file that its owner alone can read, in place of an old one only once it is whole."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    beside = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError("the id of an environment is a UUID") from None


def _index(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError("an index is a number from 0 on")
    return int(text)
