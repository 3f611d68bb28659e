"""The cast at the console: an officer, a support agent without rights, a superuser, and nobody."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client as Browser
from django.utils import timezone

from audit.actors import Actor
from audit.queries import EntryView, entries
from governance.actions.accounts import define_operator
from governance.actions.rights import give_rights
from governance.identities import system_caller
from governance.models import Account, Environment
from keyring.walls import SYSTEM_ENVIRONMENT
from tests import cast

PASSWORD = "a long enough passphrase"
SYSTEM = Actor("system")


@dataclass
class Console:
    """One environment and the people who work in it."""

    environment: Environment
    officer: Account
    support: Account
    superuser: Account

    def browser(self, account: Account | None) -> Browser:
        """A browser in which somebody is signed in and works in the environment."""
        browser = Browser()
        if account is not None:
            browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
            session = browser.session
            session["environment"] = str(self.environment.id)
            session.save()
        return browser

    def proven(self, account: Account) -> Browser:
        """A browser in which somebody has just proved a second factor."""
        browser = self.browser(account)
        prove(browser.session, account)
        return browser

    def booked(self, kind: str, outcome: str = "done") -> list[EntryView]:
        """What the book has of one kind in the environment, newest first."""
        return entries(environment_id=self.environment.id, kinds=[kind], outcome=outcome)

    def booked_at_the_door(self, kind: str, outcome: str = "done") -> list[EntryView]:
        """What the book has of one kind that belongs to no environment."""
        return entries(environment_id=SYSTEM_ENVIRONMENT, kinds=[kind], outcome=outcome)


def prove(session: SessionBase, account: Account) -> None:
    """Note in a session that its operator has just proved a second factor."""
    by = Authenticator.objects.create(user=account, type="webauthn", data={"name": "Passkey"})
    proved = {"second_factor_at": timezone.now().isoformat(), "second_factor_by": by.pk}
    session.update({**proved, "second_factor_of": str(account.pk)})
    session.save()


def staffed_console() -> Console:
    """An environment of its own with an officer, whose rights come from a group, and the others."""
    environment = cast.new_environment()
    officer = define_operator(SYSTEM, username="officer", password=PASSWORD, groups=["Privacy officers"])
    support = define_operator(SYSTEM, username="support", password=PASSWORD)
    superuser = define_operator(SYSTEM, username="superuser", password=PASSWORD, is_superuser=True)
    group = Group.objects.get(name="Privacy officers")
    give_rights(system_caller(environment.id), holder=group, operations=("configure", "audit"), on=environment)
    return Console(environment, officer, support, superuser)
