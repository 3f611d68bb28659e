"""People who review rights, and rights that they review."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Group
from django.utils import timezone

from governance.actions.accounts import define_operator
from governance.actions.rights import give_right
from governance.actions.rights_reviews import decide_rights, plan_rights_reviews
from governance.actions.rights_rounds import open_due_reviews
from governance.authorization import Ask, authorize
from governance.errors import Refused
from governance.identities import Caller, system_caller
from governance.models import Account, Environment, ReviewedRight, Right, RightsReview, RightsReviewPlan
from governance.people import operator_named
from governance.rights import Resource
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from tests import cast
from tests.cast import NOBODY
from tests.console.people import PASSWORD

NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
DUE = NOW + timedelta(days=14)
LATE = DUE + timedelta(minutes=1)
NEXT = NOW + timedelta(days=90)


class Round:
    """Olga and Omar own the reviews, Omar may write; a service may read and is denied to write; Olga may configure."""

    def __init__(self) -> None:
        self.environment = cast.new_environment()
        self.service = cast.new_caller(self.environment, "service", read=True)
        self.officer = cast.new_caller(self.environment, "officer", configure=True)
        self.owners = Group.objects.create(name=f"owners-{uuid4().hex[:6]}")
        self.olga, self.omar, self.outsider = self.person("olga", True), self.person("omar", True), self.person("out")
        self.give(self.omar, "write")
        self.give(self.service, "write", is_deny=True)
        self.give(self.olga, "configure")
        self.plan()

    def person(self, name: str, is_owner: bool = False) -> Caller:
        groups = [self.owners.name] if is_owner else []
        account = define_operator(NOBODY, username=f"{name}-{uuid4().hex[:6]}", password=PASSWORD, groups=groups)
        return operator_named(account, environment_id=self.environment.id)

    def give(self, caller: Caller, operation: str, **terms: Any) -> None:
        account = Account.objects.get(pk=caller.account_id)
        give_right(self.officer, holder=account, operation=operation, on=self.environment, **terms)

    def plan(self, on_overdue: str = "suspend", **asked: Any) -> RightsReviewPlan:
        days = {"every_days": 90, "deadline_days": 14, **asked}
        plan = plan_rights_reviews(self.officer, owner=days.pop("owner", self.owners), on_overdue=on_overdue, **days)
        with in_environment(self.environment.id):
            RightsReviewPlan.objects.update(next_at=NOW)
        return plan

    def waiting(self) -> dict[tuple[str, UUID], UUID]:
        """What waits for a verdict, by operation and holder."""
        with in_environment(self.environment.id):
            rights = {right.pk: right for right in Right.objects.select_related("permission")}
            rows = [row for row in ReviewedRight.objects.filter(verdict="") if row.right_pk in rights]
            return {(rights[r.right_pk].permission.codename, rights[r.right_pk].user_id): r.pk for r in rows}

    def may(self, caller: Caller, operation: str, now: datetime) -> bool:
        self.reasons: tuple[str, ...] = ()
        ask = Ask(operation, Resource("environment", self.environment.id, self.environment.id))
        try:
            authorize(caller, ask, standing=fresh_standing_of(self.environment.id), now=now)
        except Refused as refused:
            self.reasons = refused.reasons
            return False
        return True

    def decide(self, by: Caller, what: str, of: Caller, verdict: str = "keep", comment: str = "Needed.") -> int:
        chosen = [self.waiting()[what, of.account_id]]
        return decide_rights(by, reviewed=chosen, verdict=verdict, comment=comment, now=LATE)


def open_two_rounds(environment: Environment, *, owners: str) -> None:
    """Have rights reviewed by a group: in a round that is late, and in one about the right of a later job."""
    group, system, now = Group.objects.get(name=owners), system_caller(environment.id), timezone.now()
    plan_rights_reviews(system, owner=group, every_days=90, deadline_days=14, on_overdue="warn")
    open_due_reviews(now=timezone.now())
    cast.new_player(environment, "later-job", read=True)
    with in_environment(environment.id):
        RightsReview.objects.update(opened_at=now - timedelta(days=91), due_at=now - timedelta(days=77))
        RightsReviewPlan.objects.update(next_at=now)
    open_due_reviews(now=timezone.now())
