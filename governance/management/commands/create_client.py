"""`manage.py create_client`: a service or job with its first secret and rights."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance.actions.clients import define_client, issue_secret
from governance.actions.rights import give_rights, operations_on
from governance.errors import GovernanceError
from governance.identities import system_caller
from governance.models import Client, Environment


class Command(BaseCommand):
    help = "Define a client in an environment, give it rights there, and print its secret once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("environment", help="name of the environment")
        parser.add_argument("name", help="name of the client")
        parser.add_argument("--kind", choices=[Client.SERVICE, Client.JOB], default=Client.SERVICE)
        parser.add_argument(
            "--right",
            action="append",
            default=[],
            choices=operations_on(Environment),
            help="an operation on the whole environment; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        environment = Environment.objects.filter(name=options["environment"]).first()
        if environment is None:
            raise CommandError(f"There is no environment {options['environment']!r}; create_environment makes one.")
        system = system_caller(environment.id)
        try:
            with transaction.atomic():
                client = define_client(system, name=options["name"], kind=options["kind"])
                secret = issue_secret(system, client_id=client.public_id)
                give_rights(system, holder=client.account, operations=options["right"], on=environment)
        except GovernanceError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Client id:     {client.public_id}")
        self.stdout.write(f"Client secret: {secret.reveal()}  (shown this once)")
