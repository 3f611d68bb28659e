"""An office of two: a protected environment with an author, an approver, somebody who may not, and a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from audit.queries import EntryView, entries
from governance.actions.accounts import define_operator
from governance.actions.changes import approve_change, propose_change
from governance.actions.environments import change_environment
from governance.actions.purposes import define_purpose
from governance.actions.rights import give_rights
from governance.drafts.differences import Difference, from_json
from governance.identities import Caller, system_caller
from governance.models import Environment, ProtectedChange, Purpose
from governance.people import operator_named
from keyring.walls import in_environment
from tests import cast
from tests.cast import NOBODY

PASSWORD = "a long enough passphrase"


@dataclass
class Office:
    """A protected environment with two officers, a service that may configure it, and somebody who may not."""

    environment: Environment
    author: Caller
    approver: Caller
    support: Caller
    service: Caller
    purpose: Purpose

    @property
    def system(self) -> Caller:
        return system_caller(self.environment.id)

    def propose(self, action: str, *, by: Caller | None = None, **arguments: Any) -> ProtectedChange:
        return propose_change(by or self.author, action=action, arguments=arguments)

    def approve(self, change: ProtectedChange, *, by: Caller | None = None) -> ProtectedChange:
        return approve_change(by or self.approver, change_id=change.pk, digest=change.digest)

    def differences(self, change: ProtectedChange) -> list[Difference]:
        with in_environment(self.environment.id):
            text: Any = ProtectedChange.objects.get(pk=change.pk).differences
            return list(from_json(text.reveal()))

    def purposes(self) -> dict[str, str]:
        with in_environment(self.environment.id):
            ours = Purpose.objects.filter(created_at__gte=self.purpose.created_at)
            return dict(ours.values_list("name", "description"))

    def booked(self, kind: str, outcome: str = "done") -> list[EntryView]:
        return entries(environment_id=self.environment.id, kinds=[kind], outcome=outcome)


def new_office() -> Office:
    environment = cast.new_environment()
    system = system_caller(environment.id)
    people = [
        define_operator(NOBODY, username=f"{name}-{uuid4().hex[:6]}", password=PASSWORD)
        for name in ("author", "approver", "support")
    ]
    for account in people[:2]:
        give_rights(system, holder=account, operations=["configure"], on=environment)
    author, approver, support = (operator_named(account, environment_id=environment.id) for account in people)
    service = cast.new_caller(environment, "deploy", configure=True)
    purpose = define_purpose(system, name="fraud", description="Finding fraud.")
    change_environment(author, description="", is_protected=True)
    return Office(environment, author, approver, support, service, purpose)
