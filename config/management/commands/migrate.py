"""Django's `migrate`, as the owner role and with every role's rights in place before the first table is made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connections

from config.database.rights import close_migration_history, grant_future_rights

OWNER_ALIAS = "owner"


class Command(migrate.Command):
    """Migrates through the alias `owner`; refuses where only the application's connection is known."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=OWNER_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        using = options["database"]
        if using != OWNER_ALIAS or OWNER_ALIAS not in connections:
            raise CommandError("Only the owner role migrates: set DATABASE_MIGRATION_URL and leave --database out.")
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        grant_future_rights(using=using)
        super().handle(*args, **options)
        close_migration_history(using=using)
