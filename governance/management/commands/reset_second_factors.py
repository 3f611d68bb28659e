"""`manage.py reset_second_factors`: for somebody who has lost every factor, where no superuser can help."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.actors import SYSTEM
from governance.actions.factor_upkeep import clear_second_factors
from governance.errors import GovernanceError
from governance.models import Account


class Command(BaseCommand):
    help = "Take all second factors from an operator, who sets new ones up with their password. They are told."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(username=options["username"], kind=Account.OPERATOR).first()
        if account is None:
            raise CommandError("There is no such operator.")
        try:
            clear_second_factors(SYSTEM, account_id=account.pk, now=timezone.now())
        except GovernanceError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{account.username} has no second factor any more.")
