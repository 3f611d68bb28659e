"""`manage.py protect_environment`: have a second person approve configuration changes, or no longer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.actions.environments import change_environment
from governance.identities import system_caller
from governance.models import Environment


class Command(BaseCommand):
    help = (
        "Protect an environment: its configuration can then be changed by management commands only, not by one person "
        "in the console or through the API. --off takes the protection away."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("environment", help="name of the environment")
        parser.add_argument("--off", action="store_true", help="take the protection away")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = Environment.objects.filter(name=options["environment"]).first()
        if environment is None:
            raise CommandError(f"There is no environment {options['environment']!r}.")
        change_environment(
            system_caller(environment.id), description=environment.description, is_protected=not options["off"]
        )
        self.stdout.write(f"Environment {environment.name} is {'no longer' if options['off'] else 'now'} protected.")
