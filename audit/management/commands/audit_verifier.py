"""`manage.py audit_verifier`: the program that checks the book elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.verify.packing import digest, packed


class Command(BaseCommand):
    """Writes one file, the same bytes for the same version, and prints its digest."""

    help = "Write the verifier of the audit log as one file; it needs Python 3.11 and cryptography. Prints its SHA-256."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where it goes, e.g. audit-verifier.pyz")

    def handle(self, *args: Any, **options: Any) -> None:
        program = packed()
        try:
            options["file"].write_bytes(program)
            options["file"].chmod(0o755)
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(digest(program))
