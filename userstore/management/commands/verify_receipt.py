"""Check the receipt of an erasure."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.models import SigningKey
from userstore.erasure.receipts import NotAReceipt, verified


class Command(BaseCommand):
    """Prints what a receipt says, once its signature is good."""

    help = "Check the signature of an erasure's receipt and print what it says. Ends with 1 where it is not ours."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("receipt", help="a file with the receipt, - for standard input")
        parser.add_argument(
            "--jwks", help="a file with the published keys, to check without the database; by default its keys are used"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        try:
            text = sys.stdin.read() if options["receipt"] == "-" else Path(options["receipt"]).read_text()
            keys = _published(options["jwks"]) if options["jwks"] else [key.public_jwk for key in _all_keys()]
            said = verified(text.strip(), keys=keys)
        except (OSError, NotAReceipt, UnicodeDecodeError) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(json.dumps(said, indent=2))


def _all_keys() -> list[SigningKey]:
    return list(SigningKey.objects.all())


def _published(path: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(Path(path).read_text())["keys"]
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"{path} is no JSON Web Key Set") from None
    return found
