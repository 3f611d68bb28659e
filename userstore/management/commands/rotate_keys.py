"""`manage.py rotate_keys`: new keys for everything, online; stop it at any time and run it again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actors import SYSTEM
from governance.errors import Conflict
from governance.identities import system_caller
from governance.models import Environment
from keyring.errors import KeyringError
from keyring.models import KeyRotation
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from userstore.actions.rotations import (
    KINDS,
    OF_THE_INSTALLATION,
    Step,
    advance_rotation,
    begin_rotation,
    begin_rotation_of_installation,
)

_BAR = 30
_LONGEST_WAIT = 600.0
"""Seconds. What takes longer, the scheduler ends: the former text key stays for a day."""


class Command(BaseCommand):
    help = (
        "Renew keys while everything goes on: the environment's key, the subjects', of search indexes, aliases, "
        "tokens, sealed texts and secrets. A rotation under way is continued."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--environment", help="name of one environment; without, all and the installation's own")
        parser.add_argument("--what", default="all", choices=[*KINDS, "all"])

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = list(KINDS) if options["what"] == "all" else [options["what"]]
        begun = [
            (self._begun(environment_id, what), environment_id, name)
            for environment_id, name in self._environments(options["environment"])
            for what in kinds
            if environment_id != SYSTEM_ENVIRONMENT or what in OF_THE_INSTALLATION
        ]
        for rotation, environment_id, name in begun:
            try:
                self._follow(rotation, environment_id, name)
            except KeyringError as error:
                raise CommandError(
                    f"{name}, {rotation.what}: {error}. Nothing is lost; mend it and run this again."
                ) from None

    def _environments(self, name: str | None) -> Sequence[tuple[UUID, str]]:
        environments = list(Environment.objects.order_by("name").values_list("id", "name"))
        if name is None:
            return [(SYSTEM_ENVIRONMENT, "the installation"), *environments]
        chosen = [each for each in environments if each[1] == name]
        if not chosen:
            raise CommandError(f"There is no environment {name!r}.")
        return chosen

    def _begun(self, environment_id: UUID, what: str) -> KeyRotation:
        """Begin, or go on where one was stopped."""
        try:
            if environment_id == SYSTEM_ENVIRONMENT:
                return begin_rotation_of_installation(SYSTEM, what=what)
            return begin_rotation(system_caller(environment_id), what=what)
        except Conflict:
            with in_environment(environment_id):
                return KeyRotation.objects.get(environment_id=environment_id, what=what, ended_at=None)

    def _follow(self, rotation: KeyRotation, environment_id: UUID, name: str) -> None:
        while True:
            step = advance_rotation(environment_id=environment_id, rotation_id=rotation.pk)
            self._show(f"{name}, {rotation.what}", step)
            if step.state == "ended" or step.wait > _LONGEST_WAIT:
                break
            time.sleep(min(step.wait, 1.0))
        ending = (
            "done" if step.state == "ended" else "done; the scheduler destroys the former key when its time is over"
        )
        if self.stdout.isatty():
            self.stdout.write("")
        self.stdout.write(f"{name}, {rotation.what}: {step.turned} renewed, {ending}")

    def _show(self, title: str, step: Step) -> None:
        if not self.stdout.isatty():
            return
        share = min(step.turned / step.expected, 1.0) if step.expected else float(step.state != "turning")
        bar = "█" * int(share * _BAR) + "░" * (_BAR - int(share * _BAR))
        waiting = f" waits {step.wait:.0f} s until every process knows the new keys" if step.wait >= 1 else ""
        self.stdout.write(f"\r{title:<32} {bar} {step.turned}/{step.expected or '?'}{waiting:<60}", ending="")
        self.stdout.flush()
