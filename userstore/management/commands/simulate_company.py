"""`manage.py simulate_company`: fills the book of an environment with what a made-up company does."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.errors import AuditError
from audit.simulation.configuration import Configuration, ConfigurationRefused, from_file
from audit.simulation.keeping import keep_company
from governance.models import Environment
from userstore.demo.company import CompanyHere

SHOWN_EVERY = 10_000


class Command(BaseCommand):
    help = (
        "Write the accesses of a simulated company, insiders included, into the book of a synthetic environment. "
        "The same seed gives the same company; stopped and begun again, nothing is written twice. "
        "Entries say the times of the company, so whoever verifies the book finds them back-dated, rightly: choose one "
        "that can be thrown away."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--environment", required=True, help="name of an environment that is synthetic")
        parser.add_argument("--seed", type=int, default=1, help="which company")
        parser.add_argument("--days", type=_positive, default=30)
        parser.add_argument("--scale", type=float, default=0.1, help="1 is a company of 240 people")
        parser.add_argument(
            "--with-desk",
            action="store_true",
            help="also write its staff, people, tickets and jobs through the doors that others use; takes longer, and "
            "without them nothing explains its work",
        )
        parser.add_argument("--configuration", type=Path, help="a TOML file that says what the company is like")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = Environment.objects.filter(name=options["environment"]).first()
        if environment is None:
            raise CommandError(f"There is no environment {options['environment']!r}.")
        if environment.is_protected or not environment.is_synthetic:
            raise CommandError("A company is simulated in a synthetic, unprotected environment only: the book stays.")
        protected = Environment.objects.filter(is_protected=True).values_list("name", flat=True).first()
        if protected is not None:
            raise CommandError(
                f"{protected} is protected, and all environments here have one book, which would not verify any more: "
                "simulate a company on a machine of its own."
            )
        configuration = self._configuration(options["configuration"])
        if options["scale"] <= 0:
            raise CommandError("--scale is greater than 0.")
        configuration = configuration.scaled(options["scale"]).lasting(options["days"])
        told = 0
        try:
            premises = CompanyHere(environment, seed=options["seed"]) if options["with_desk"] else None
            for told in keep_company(
                configuration, seed=options["seed"], environment_id=environment.id, premises=premises
            ):
                if told % SHOWN_EVERY == 0:
                    self.stdout.write(f"{told} entries")
        except AuditError as error:
            raise CommandError(f"After {told} entries: {error or 'the book does not take entries'}") from None
        self.stdout.write(f"The book of {environment.name} has {told} entries of company {options['seed']}.")
        self.stdout.write("Once they are sealed, rules look at each within seconds, and at its days within the hour.")

    def _configuration(self, file: Path | None) -> Configuration:
        try:
            return from_file(file) if file else Configuration()
        except (OSError, ConfigurationRefused) as error:
            raise CommandError(f"The configuration cannot be used: {error}") from None


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError("a number of days is expected")
    return int(text)
