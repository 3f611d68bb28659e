"""`manage.py reconcile_audit`: what happened without an entry, and what the book says without a row."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from audit.errors import AuditError
from audit.reconciling import Difference, bodies_have_gone, every_environment, reconcile
from audit.verify.reports import Verdict


class Command(BaseCommand):
    """Compares tables and book both ways; ends with 0 they agree, 1 they do not, 2 cannot tell."""

    help = (
        "Compare rights, requests and grants of temporary access, delegations, published versions, erasures and "
        "consents with their audit entries, both ways. Ends with 0 if they agree, 1 if not, 2 if it cannot tell."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", type=UUID, action="append", help="only this one; may be repeated")
        parser.add_argument("--json", action="store_true", help="print the differences as JSON lines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wanted = options["environment"] or every_environment()
            found = [each for environment_id in wanted for each in reconcile(environment_id)]
            verdict = _verdict(found)
        except (AuditError, Error, ImportError) as error:
            raise CommandError(str(error), returncode=Verdict.UNKNOWN) from error
        for each in found:
            self.stdout.write(_as_json(each) if options["json"] else str(each))
        if verdict:
            sys.exit(verdict)


def _verdict(found: list[Difference]) -> Verdict:
    if not found:
        return Verdict.WHOLE
    # What has no entry may have had it in a month whose bodies are gone.
    is_certain = not all(each.is_row for each in found) or not bodies_have_gone()
    return Verdict.BROKEN if is_certain else Verdict.UNKNOWN


def _as_json(each: Difference) -> str:
    told = {
        "environment": str(each.environment_id),
        "ledger": each.ledger,
        "trace": each.trace,
        "missing": "entry" if each.is_row else "row",
    }
    return json.dumps(told)
