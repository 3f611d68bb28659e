"""Support staff without a right to read, people who may approve, and a record that is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.utils import timezone

from governance.actions.access_decisions import approve_request
from governance.actions.access_requests import Wish, submit_request
from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.grants import activate_grant
from governance.actions.rights import give_right
from governance.actions.tickets import open_ticket
from governance.breakglass.narrowing import narrowed, shown_of
from governance.identities import OPERATOR, Caller
from governance.models import AccessRequest, Account, Grant
from keyring.walls import in_environment
from tests.userstore.phonebook import ALLOW, PhoneBook, given
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.reading.rows import Rows

WHY = "The customer cannot sign in and asks for a call back."
ADA, BEN = "Ada Lovelace", "Ben Example"


class HelpDesk(PhoneBook):
    """Two people with a name and an age; Sue of support may ask, Ann, Abe and Amy may approve, Otto is an outsider."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name, self.age = self.column("nick"), self.column("age", "integer")
        self.mail = self.column("mail", index_type="indexed")
        setter = self.setter(self.name, self.age, self.mail)
        self.ada, self.ben = self.subject(), self.subject()
        for person, name, age in ((self.ada, ADA, 36), (self.ben, BEN, 41)):
            values = {"nick": name, "age": age, "mail": f"{name.split()[0].lower()}@example.com"}
            allowed = {"purpose_additions": given("authentication")}
            self.write(setter, person, {column: {"value": value, **allowed} for column, value in values.items()})
        self.record = self.getter(self.name, self.age, policy=ALLOW)
        suffix = uuid4().hex[:6]
        self.support, self.leads = (Group.objects.create(name=f"{name}-{suffix}") for name in ("support", "leads"))
        self.sue, self.sam = self.operator("sue", self.support), self.operator("sam", self.support)
        self.ann, self.abe, self.amy = (self.operator(name, self.leads) for name in ("ann", "abe", "amy"))
        self.otto = self.operator("otto")
        self.auditor = self.operator("aud")
        give_right(self.system, holder=self.account(self.auditor), operation="audit", on=self.environment)
        give_right(self.system, holder=self.support, operation="request", on=self.environment)
        give_right(self.system, holder=self.leads, operation="approve", on=self.environment)
        open_ticket(self.officer, reference="CASE-1", assignee=self.sue.name, subject_id=self.ada)
        open_ticket(self.officer, reference="CASE-2", assignee=self.sue.name)
        self.rule()

    def rule(self, **terms: Any) -> None:
        """Terms for every accessor; a second call adds stricter ones."""
        group = terms.pop("emergency_group", self.support)
        asked = {"factor_minutes": None, "review_percent": 0, **terms}
        define_access_rule(self.system, name=f"rule-{uuid4().hex[:6]}", terms=RuleTerms(**asked), emergency_group=group)

    def operator(self, name: str, *groups: Group) -> Caller:
        account = Account.objects.create(username=f"{name}-{uuid4().hex[:6]}", kind=Account.OPERATOR)
        account.groups.set(groups)
        pks = frozenset(group.pk for group in groups)
        return Caller(OPERATOR, account.id, account.id, self.environment.id, account.username, pks)

    def account(self, caller: Caller) -> Account:
        return Account.objects.get(pk=caller.account_id)

    def wish(self, **asked: Any) -> Wish:
        values: dict[str, Any] = {
            "accessor_id": self.record,
            "purpose": self.purposes["authentication"].public_id,
            "subject_ids": [self.ada],
            "columns": [self.name],
            "minutes": 30,
            "reason": "customer_support_case",
            "justification": f"{WHY} {uuid4().hex[:6]}",
            "ticket": "CASE-1",
        }
        return Wish(**{**values, **asked})

    def asked(self, caller: Caller | None = None, **asked: Any) -> AccessRequest:
        now = asked.pop("now", None)
        return submit_request(caller or self.sue, self.wish(**asked), now=now)

    def shown(self, request: AccessRequest) -> str:
        with in_environment(self.environment.id):
            stored = AccessRequest.objects.get(pk=request.pk)
            return shown_of(stored, narrowed(stored))

    def approved(self, request: AccessRequest, caller: Caller | None = None, **rest: Any) -> AccessRequest:
        shown = rest.pop("shown", None) or self.shown(request)
        return approve_request(caller or self.ann, request_id=request.id, shown=shown, **rest)

    def grant_of(self, request: AccessRequest) -> Grant:
        with in_environment(self.environment.id):
            return Grant.objects.select_related("request").get(request=request)

    def granted(self, now: datetime | None = None, **asked: Any) -> Grant:
        """A grant that its grantee has activated."""
        request = self.asked(now=now, **asked)
        grant = self.grant_of(self.approved(request, now=now))
        return activate_grant(self.sue, grant_id=grant.id, factor_at=None, now=now)

    def seen(self, caller: Caller | None = None, *, now: datetime | None = None, **asked: Any) -> Rows:
        """What somebody reads of Ada and Ben."""
        people = [[str(person) for person in asked.pop("people", (self.ada, self.ben))]]
        call = AccessorCall(caller or self.sue, asked.pop("accessor", self.record), people, CallContext(), **asked)
        return execute_accessor(call, now=now or timezone.now())


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def names(rows: Rows) -> list[str]:
    """The names that were shown."""
    return [row["nick"] for row in rows.rows if "nick" in row]
