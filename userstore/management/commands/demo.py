"""`manage.py demo`: the phone example in an environment of invented people."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from audit.actors import SYSTEM
from governance.actions.accounts import OFFICERS, define_operator
from governance.actions.environments import define_environment
from governance.actions.rights import give_group_rights
from governance.models import Environment
from userstore.demo.helpdesk import LEADS, SUPPORT, build_help_desk
from userstore.demo.phone import build_phone_example

ENVIRONMENT = "demo"


class Command(BaseCommand):
    help = "Seed the phone example: an environment 'demo', invented people, one client per purpose, three operators."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--credentials-file",
            type=Path,
            help="write the one-time credentials there as JSON (mode 0600) instead of printing them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Environment.objects.filter(name=ENVIRONMENT).exists():
            self.stdout.write("The demo is there already; nothing was changed.")
            return
        with transaction.atomic():
            environment = define_environment(
                SYSTEM, name=ENVIRONMENT, description="Invented people; the phone example.", is_synthetic=True
            )
            example = build_phone_example(environment)
            operators = self._operators(environment)
            build_help_desk(example, agent="support")
        admin = example.clients["admin"]
        told = {
            "operators": operators,
            "client": {"id": str(admin.client.public_id), "secret": admin.secret.reveal()},
        }
        self._tell(told, options["credentials_file"])

    def _operators(self, environment: Environment) -> list[dict[str, str]]:
        give_group_rights(environment, OFFICERS, ("configure", "audit", "consent", "read"))
        told = []
        for name, role, groups, is_superuser in (
            ("officer", "privacy officer", (OFFICERS,), True),
            ("support", "support staff", (SUPPORT,), False),
            ("lead", "support lead, who approves access", (LEADS,), False),
        ):
            password = secrets.token_urlsafe(12)
            define_operator(SYSTEM, username=name, password=password, groups=groups, is_superuser=is_superuser)
            told.append({"name": name, "password": password, "role": role})
        return told

    def _tell(self, told: dict[str, Any], file: Path | None) -> None:
        text = json.dumps(told, indent=2)
        if file is None:
            self.stdout.write(text)
            return
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
