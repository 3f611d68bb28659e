"""Temporary access under everything that people, clocks and crashes do in any order: nothing opens that should not.

A random walk, with rights that come and go, a clock that also runs backwards, and steps that die just before they would
commit. After every step somebody reads, and sees exactly what the walk says, whatever is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from audit.errors import AuditUnavailable
from governance.actions.access_clock import put_down_what_is_over
from governance.actions.access_decisions import Narrowing, ask_back, cancel_request, deny_request
from governance.actions.access_requests import declare_emergency
from governance.actions.accounts import change_operator
from governance.actions.grants import activate_grant, relinquish_grant, resume_grant, revoke_grant, suspend_grant
from governance.actions.rights import give_right, withdraw_right
from governance.errors import GovernanceError
from governance.identities import Caller
from governance.models import AccessRequest, Grant, GroupRight
from governance.standing import forget_standings
from keyring.walls import in_environment
from tests.cast import NOBODY
from tests.userstore.access_walk import CEILING, LONGEST, NEEDED, Open, Walk, length_of_chain, must_keep_the_laws
from tests.userstore.helpdesk import HelpDesk

pytestmark = pytest.mark.django_db

PICK = st.integers(0, 5)
CRASHES = st.sampled_from([False, False, False, True])


class TemporaryAccess(RuleBasedStateMachine):
    """One desk; Sue asks and uses, the others decide, stop and look on."""

    desk: HelpDesk

    @initialize()
    def begin(self) -> None:
        self.undo = transaction.atomic()
        self.undo.__enter__()
        forget_standings()
        self.walk, self.now = Walk(), timezone.now()
        self.people: list[Caller] = [self.desk.sue, self.desk.ann, self.desk.abe, self.desk.otto, self.desk.officer]

    def teardown(self) -> None:
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)
            forget_standings()

    # --- What people do ---

    @rule(wide=st.booleans(), minutes=st.sampled_from([10, 45, 60, 61]), crash=CRASHES)
    def ask(self, wide: bool, minutes: int, crash: bool) -> None:
        columns = [self.desk.name, self.desk.age] if wide else [self.desk.name]
        self.step(lambda: self.desk.asked(columns=columns, minutes=minutes, now=self.now), crash)

    @rule(wide=st.booleans(), minutes=st.sampled_from([10, 60]), narrow=st.booleans())
    def be_granted(self, wide: bool, minutes: int, narrow: bool) -> None:
        """The whole way at once, which a walk at random seldom goes."""
        columns = [self.desk.name, self.desk.age] if wide else [self.desk.name]
        request = self.step(lambda: self.desk.asked(columns=columns, minutes=minutes, now=self.now), False)
        left = Narrowing(columns=[self.desk.name], minutes=5) if narrow else Narrowing()
        for approver, said in ((self.desk.ann, left), (self.desk.abe, Narrowing())):
            if request is not None:
                asked = {"request": request, "caller": approver, "narrowing": said, "now": self.now}
                request = self.step(lambda a=asked: self.desk.approved(**a), False)
        if request is not None:
            grant = self.desk.grant_of(request)
            begin: dict[str, Any] = {"grant_id": grant.id, "factor_at": None, "now": self.now}
            begun = self.step(lambda: activate_grant(self.desk.sue, **begin), False)
            if begun is not None:
                self.opened(begun)

    @rule(pick=PICK, minutes=st.sampled_from([30, 60]), crash=CRASHES)
    def extend(self, pick: int, minutes: int, crash: bool) -> None:
        grant = self.one(Grant, pick)
        if grant is not None:
            asked = {"extends": grant.request_id, "minutes": minutes, "columns": grant.columns[:1]}
            self.step(lambda: self.desk.asked(**asked, now=self.now), crash)

    @rule(pick=PICK, who=PICK, narrow=st.booleans(), crash=CRASHES)
    def approve(self, pick: int, who: int, narrow: bool, crash: bool) -> None:
        request = self.one(AccessRequest, pick)
        if request is not None:
            left = Narrowing(columns=[self.desk.name], minutes=5) if narrow else Narrowing()
            self.step(lambda: self.desk.approved(request, self.who(who), narrowing=left, now=self.now), crash)

    @rule(pick=PICK, who=PICK, crash=CRASHES)
    def deny(self, pick: int, who: int, crash: bool) -> None:
        request = self.one(AccessRequest, pick)
        if request is not None:
            said: dict[str, Any] = {"request_id": request.id, "shown": self.desk.shown(request), "now": self.now}
            self.step(lambda: deny_request(self.who(who), **said, comment="Not for this."), crash)

    @rule(pick=PICK, who=PICK)
    def ask_back_or_cancel(self, pick: int, who: int) -> None:
        request = self.one(AccessRequest, pick)
        if request is not None:
            said: dict[str, Any] = {"request_id": request.id, "shown": self.desk.shown(request), "now": self.now}
            self.step(lambda: ask_back(self.who(who), **said, question="Which?"), False)
            self.step(lambda: cancel_request(self.who(who), request_id=request.id, now=self.now), False)

    @rule(pick=PICK, who=PICK, crash=CRASHES)
    def activate(self, pick: int, who: int, crash: bool) -> None:
        grant = self.one(Grant, pick)
        if grant is None:
            return
        begun = self.step(lambda: activate_grant(self.who(who), grant_id=grant.id, factor_at=None, now=self.now), crash)
        if begun is not None:
            self.opened(begun)

    @rule(crash=CRASHES)
    def declare(self, crash: bool) -> None:
        wish = self.desk.wish(reason="incident_response", ticket="", minutes=20)
        begun = self.step(lambda: declare_emergency(self.desk.sue, wish, factor_at=None, now=self.now), crash)
        if begun is not None:
            self.opened(begun)

    @rule(pick=PICK, who=PICK, verb=st.sampled_from(["suspend", "resume", "revoke", "relinquish"]), crash=CRASHES)
    def stop(self, pick: int, who: int, verb: str, crash: bool) -> None:
        grant = self.one(Grant, pick)
        if grant is None:
            return
        act: dict[str, Callable[..., Grant]] = {
            "suspend": suspend_grant, "resume": resume_grant, "revoke": revoke_grant, "relinquish": relinquish_grant,
        }  # fmt: skip
        said = {} if verb == "relinquish" else {"comment": "It is looked into."}
        if self.step(lambda: act[verb](self.who(who), grant_id=grant.id, now=self.now, **said), crash) is None:
            return
        known = self.walk.open.get(grant.id)
        if known is not None:
            known.is_suspended = verb == "suspend"
            known.is_ended = verb in {"revoke", "relinquish"}

    # --- What happens ---

    @rule(minutes=st.sampled_from([-30, 1, 5, 20, 60, 600]))
    def time_passes_or_runs_back(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def somebody_has_seen_a_later_moment(self) -> None:
        self.now += timedelta(minutes=65)
        request = self.step(lambda: self.desk.asked(columns=[self.desk.name], minutes=10, now=self.now), False)
        if request is not None:
            self.step(lambda: cancel_request(self.desk.sue, request_id=request.id, now=self.now), False)
        self.now -= timedelta(minutes=65)

    @rule()
    def the_clock_is_asked(self) -> None:
        with self.walk.book.open():
            moved = put_down_what_is_over(now=self.now)
        if moved:
            self.walk.latest = max(self.walk.latest, self.now)

    @rule()
    def the_right_to_ask_comes_or_goes(self) -> None:
        if self.walk.may_ask:
            with in_environment(self.desk.environment.id):
                right = GroupRight.objects.get(group=self.desk.support, permission__codename="request")
            withdraw_right(self.desk.system, right=right)
        else:
            give_right(self.desk.system, holder=self.desk.support, operation="request", on=self.desk.environment)
        self.walk.may_ask = not self.walk.may_ask

    @rule(is_active=st.booleans(), who=st.sampled_from(["sue", "ann", "abe"]))
    def somebody_is_let_in_or_out(self, is_active: bool, who: str) -> None:
        account = self.desk.account(getattr(self.desk, who))
        groups = [group.name for group in account.groups.all()]
        change_operator(NOBODY, account_id=account.pk, is_active=is_active, groups=groups)
        self.walk.is_let_in = is_active if who == "sue" else self.walk.is_let_in

    @rule()
    def sue_is_out_for_a_moment(self) -> None:
        self.somebody_is_let_in_or_out(is_active=False, who="sue")
        self.exactly_what_is_open_is_seen()
        self.somebody_is_let_in_or_out(is_active=True, who="sue")

    # --- What must hold ---

    @invariant()
    def exactly_what_is_open_is_seen(self) -> None:
        if not hasattr(self, "desk") or not hasattr(self, "walk"):
            return
        moment = max(self.now, self.walk.latest)
        is_served = self.walk.may_ask and self.walk.is_let_in
        living = [o for o in self.walk.open.values() if not (o.is_ended or o.is_suspended) and moment < o.until]
        try:
            rows = self.desk.seen(now=self.now).rows
        except GovernanceError:
            rows = None
        if not (is_served and living):
            assert rows is None, "somebody reads without a grant"
            return
        assert rows is not None, "somebody with a grant is refused"
        assert len(rows) == 1, "a grant shows one person"
        shown = {name for name, value in rows[0].items() if value}
        names = {self.desk.name: "nick", self.desk.age: "age"}
        assert shown in [{names[column] for column in grant.columns} for grant in living]

    @invariant()
    def the_rows_keep_the_laws(self) -> None:
        if not hasattr(self, "walk"):
            return
        with in_environment(self.desk.environment.id):
            for grant in Grant.objects.select_related("request"):
                must_keep_the_laws(grant)
                self.walk.stays(("grant", grant.id), grant.state)
            for request in AccessRequest.objects.all():
                assert length_of_chain(request) <= CEILING
                self.walk.stays(("request", request.id), request.state)

    @invariant()
    def the_book_says_every_step_once_and_tells_the_state_of_everything(self) -> None:
        if not hasattr(self, "walk"):
            return
        with in_environment(self.desk.environment.id):
            requests = list(AccessRequest.objects.values_list("pk", "state", "version"))
            grants = list(Grant.objects.values_list("pk", "state", "version"))
        stored = {("request", pk): state for pk, state, _ in requests} | {("grant", pk): s for pk, s, _ in grants}
        assert stored == self.walk.book.replayed(), "the book tells another story"
        steps = sum(version for _, _, version in requests) + sum(version - 1 for _, _, version in grants)
        assert len(self.walk.book.said) == steps, "a step without an entry, or an entry without a step"

    # --- Means ---

    def step(self, act: Callable[[], Any], crash: bool) -> Any:
        """Take a step, or let it die just before it commits; None where nothing came of it."""
        if crash:
            before = self.walk.stored(self.desk.environment.id)
            with (
                patch("governance.actions.stepping.append", side_effect=AuditUnavailable),
                suppress(GovernanceError, AuditUnavailable),
                transaction.atomic(),
            ):
                act()
            forget_standings()
            assert self.walk.stored(self.desk.environment.id) == before, "a step that died left something"
            return None
        with suppress(GovernanceError), self.walk.book.open():
            done = act()
            self.walk.latest = max(self.walk.latest, self.now)
            return done
        return None

    def opened(self, grant: Grant) -> None:
        assert grant.not_after is not None
        self.walk.open[grant.id] = Open(grant.not_after, frozenset(grant.columns))

    def who(self, pick: int) -> Caller:
        return self.people[pick % len(self.people)]

    def one(self, model: Any, pick: int) -> Any:
        """Pick a request or a grant by the order in which the book first names them: ids are drawn anew in each run."""
        name = "grant" if model is Grant else "request"
        with in_environment(self.desk.environment.id):
            rows = {row.pk: row for row in model.objects.all()}
        order = [told[name] for _, told in self.walk.book.said if told.get(name) in rows]
        return rows[list(dict.fromkeys(order))[pick % len(rows)]] if rows else None


def run(runs: int, steps: int) -> None:
    TemporaryAccess.desk = HelpDesk()
    TemporaryAccess.desk.rule(approvals=NEEDED, longest_minutes=LONGEST, ceiling_minutes=CEILING)
    found = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a shorter walk takes many more, and nobody waits for it
    )
    run_state_machine_as_test(TemporaryAccess, settings=found)


def test_nothing_opens_that_should_not_whatever_happens_in_which_order() -> None:
    run(runs=12, steps=20)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("eighth", range(8))
def test_nothing_opens_that_should_not_in_long_walks(eighth: int) -> None:
    run(runs=250, steps=50)
