"""Asking for temporary access and deciding on it: what goes through beside what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from audit import queries
from audit.analysis.statistics import resemblance
from governance.actions.access_decisions import Narrowing, answer_request, ask_back, cancel_request, deny_request
from governance.actions.access_requests import submit_request
from governance.actions.grants import activate_grant
from governance.actions.rights import give_right
from governance.breakglass.sketches import sketch_of
from governance.errors import Invalid, NotFound, Refused
from governance.models import Notice
from governance.standing import fresh_standing_of
from governance.tickets import TicketFound, ticket_image
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.helpdesk import BEN, WHY, HelpDesk, minutes, names

URGENT = {"reason": "incident_response", "ticket": ""}

pytestmark = pytest.mark.django_db

begun, desk = beginning(HelpDesk)


def refused(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.reasons[0]


@pytest.mark.django_db(transaction=True)
def test_who_may_not_ask_is_refused_and_the_refusal_is_on_record(desk: HelpDesk) -> None:
    with pytest.raises(Refused) as error:
        submit_request(desk.otto, desk.wish(ticket="CASE-2"))

    assert refused(error) == "guard: may request"
    (entry,) = queries.entries(environment_id=desk.environment.id, kinds={"access_request.submitted"})
    assert entry.outcome == "refused"
    assert entry.decision_id == error.value.decision_id


@pytest.mark.parametrize(
    ("asked", "guard"),
    [
        ({"justification": "please"}, "justified"),
        ({"justification": "a" * 40}, "justified"),
        ({"ticket": "CASE-9"}, "ticket"),
        ({"ticket": ""}, "ticket"),
        ({"minutes": 61}, "short enough"),
    ],
)
def test_a_request_that_lacks_something_is_refused_and_says_what(desk: HelpDesk, asked: dict, guard: str) -> None:
    with pytest.raises(Refused) as error:
        desk.asked(**asked)

    assert refused(error) == f"guard: {guard}"


class Elsewhere:
    """A system that keeps tickets, which notes what it was asked and whether anything was locked meanwhile."""

    asked: ClassVar[list[tuple[str, bool]]] = []

    def find(self, reference: str, *, environment_id: UUID) -> TicketFound | None:  # noqa: ARG002  one list
        self.asked.append((reference, connection.in_atomic_block))
        return None


@pytest.mark.django_db(transaction=True)
def test_another_system_is_asked_for_whom_may_ask_alone_and_holds_nobody_up(
    desk: HelpDesk, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(Elsewhere, "asked", [])
    settings.GOVERNANCE_TICKETS = f"{__name__}.Elsewhere"

    for caller in (desk.otto, desk.sue):
        with pytest.raises(Refused):
            desk.asked(caller)

    assert Elsewhere.asked == [("CASE-1", False)]


def test_asking_keeps_no_process_busy(desk: HelpDesk) -> None:
    now = timezone.now()
    first = desk.asked(now=now)
    epoch = fresh_standing_of(desk.environment.id).epoch

    cancel_request(desk.sue, request_id=first.id, now=now + timedelta(seconds=59))
    assert fresh_standing_of(desk.environment.id).epoch == epoch
    again = desk.asked(now=now + timedelta(seconds=60))
    assert fresh_standing_of(desk.environment.id).epoch == epoch + 1, "what time it is, everybody has to know"
    desk.approved(again, now=now + timedelta(seconds=61))
    assert fresh_standing_of(desk.environment.id).epoch == epoch + 2


def test_a_ticket_about_somebody_else_justifies_nothing(desk: HelpDesk) -> None:
    with pytest.raises(Refused) as error:
        desk.asked(subject_ids=[desk.ben])

    assert refused(error) == "guard: ticket"
    assert desk.asked(subject_ids=[desk.ben], ticket="CASE-2").state == "pending"


def test_the_same_justification_twice_justifies_nothing(desk: HelpDesk) -> None:
    desk.asked(justification=WHY)

    with pytest.raises(Refused) as error:
        desk.asked(justification=WHY.upper())

    assert refused(error) == "guard: justified"


@pytest.mark.parametrize("field", ["columns", "subjects", "purpose", "reason", "minutes", "accessor_id"])
def test_what_makes_no_sense_names_its_field(desk: HelpDesk, field: str) -> None:
    stranger = desk.record
    bad = {
        "columns": {"columns": [desk.name, stranger]},
        "subjects": {"subject_ids": [desk.ada, desk.ada]},
        "purpose": {"purpose": desk.purposes["marketing"].public_id},
        "reason": {"reason": "curiosity"},
        "minutes": {"minutes": 0},
        "accessor_id": {"accessor_id": desk.name},
    }[field]

    with pytest.raises((Invalid, NotFound)) as error:
        desk.asked(**bad)

    assert error.value.field == field


def test_nobody_approves_their_own_request(desk: HelpDesk) -> None:
    give_right(desk.system, holder=desk.support, operation="approve", on=desk.environment)
    request = desk.asked()

    with pytest.raises(Refused) as error:
        desk.approved(request, desk.sue)

    assert refused(error) == "guard: not one's own"
    assert desk.approved(request, desk.sam).state == "approved"


def test_two_approvals_take_two_people(desk: HelpDesk) -> None:
    desk.rule(approvals=2)
    request = desk.asked()
    shown = desk.shown(request)
    desk.approved(request, shown=shown)

    with pytest.raises(Refused) as error:
        desk.approved(request, shown=shown)

    assert refused(error) == "guard: not twice"
    assert desk.approved(request, desk.abe, shown=shown).state == "approved"


def test_an_approver_narrows_and_never_widens(desk: HelpDesk) -> None:
    desk.rule(approvals=2, most_subjects=2)
    with pytest.raises(Refused) as error:
        desk.asked(ticket="CASE-2", subject_ids=[desk.ada, desk.ben])
    assert refused(error) == "guard: few subjects", "the strictest of both rules"


def test_what_the_first_approver_took_away_the_second_does_not_give_back(desk: HelpDesk) -> None:
    desk.rule(approvals=2)
    request = desk.asked(columns=[desk.name, desk.age])
    before = desk.shown(request)
    desk.approved(request, narrowing=Narrowing(columns=[desk.name], minutes=10))

    with pytest.raises(Refused) as stale:
        desk.approved(request, desk.abe, shown=before)
    with pytest.raises(Refused) as wider:
        desk.approved(request, desk.abe, narrowing=Narrowing(columns=[desk.name, desk.age]))
    with pytest.raises(Refused) as longer:
        desk.approved(request, desk.abe, narrowing=Narrowing(minutes=20))
    grant = desk.grant_of(desk.approved(request, desk.abe))

    assert refused(stale) == "guard: same content"
    assert refused(wider) == refused(longer) == "guard: only narrows"
    assert (grant.columns, grant.minutes) == ([desk.name], 10)


def test_an_approver_is_asked_for_a_comment_and_may_ask_back_once(desk: HelpDesk) -> None:
    request = desk.asked()
    with pytest.raises(Refused) as silent:
        deny_request(desk.ann, request_id=request.id, shown=desk.shown(request), comment=" ")
    asked = ask_back(desk.ann, request_id=request.id, shown=desk.shown(request), question="Which number?")
    with pytest.raises(Refused) as waiting:
        desk.approved(request)
    with pytest.raises(Refused):
        answer_request(desk.sam, request_id=request.id, answer="The mobile one.")
    answer_request(desk.sue, request_id=request.id, answer="The mobile one.")
    with pytest.raises(Refused) as again:
        ask_back(desk.abe, request_id=request.id, shown=desk.shown(request), question="And why?")

    assert refused(silent) == "guard: commented"
    assert asked.state == "needs_info"
    assert refused(waiting).startswith("state: approve")
    assert refused(again) == "guard: not asked back"
    assert deny_request(desk.abe, request_id=request.id, shown=desk.shown(request), comment="No.").state == "denied"


def test_what_is_decided_stays_decided(desk: HelpDesk) -> None:
    request = desk.asked()
    cancel_request(desk.sue, request_id=request.id)

    with pytest.raises(Refused) as error:
        desk.approved(request)

    assert refused(error) == "state: approve is no step of what is cancelled"


def test_nobody_decides_when_it_is_too_late(desk: HelpDesk) -> None:
    request = desk.asked(now=timezone.now() - timedelta(days=2))

    with pytest.raises(Refused) as error:
        desk.approved(request)

    assert refused(error) == "guard: in time"


def test_everybody_who_decides_is_told_and_so_is_who_asked(desk: HelpDesk) -> None:
    request = desk.asked()
    desk.approved(request)

    with in_environment(desk.environment.id):
        told = set(Notice.objects.values_list("kind", "account"))
    approvers = {desk.ann.id, desk.abe.id, desk.amy.id}
    assert told == {("request.submitted", approver) for approver in approvers} | {("request.approved", desk.sue.id)}


def test_an_extension_follows_what_it_extends_and_stays_below_the_ceiling(desk: HelpDesk) -> None:
    now: datetime = timezone.now()
    first = desk.granted(now=now, minutes=60)
    with pytest.raises(Invalid, match="or of less"):
        desk.asked(extends=first.request_id, columns=[desk.name, desk.age], now=now + minutes(50))
    request = desk.asked(extends=first.request_id, minutes=60, now=now + minutes(50))
    with pytest.raises(Invalid, match="extended already"):
        desk.asked(extends=first.request_id, now=now + minutes(50))
    second = desk.grant_of(desk.approved(request, now=now + minutes(55)))
    with pytest.raises(Refused) as early:
        activate_grant(desk.sue, grant_id=second.id, factor_at=None, now=now + minutes(59))
    activate_grant(desk.sue, grant_id=second.id, factor_at=None, now=now + minutes(60))
    third = desk.granted(extends=second.request_id, minutes=60, now=now + minutes(120))

    with pytest.raises(Refused) as error:
        desk.asked(extends=third.request_id, minutes=1, now=now + minutes(121))

    assert refused(early) == "guard: has begun"
    assert refused(error) == "guard: below the ceiling"
    assert BEN not in names(desk.seen(now=now + minutes(125)))


@pytest.mark.django_db(transaction=True)
def test_the_book_tells_which_ticket_and_whether_texts_are_alike_and_neither_of_them(desk: HelpDesk) -> None:
    text = "The caller of this case asks to have the address put right that we hold of them."
    submit_request(desk.sue, desk.wish(justification=text))
    (entry,) = queries.entries(environment_id=desk.environment.id, kinds={"access_request.submitted"})
    facts = entry.body["facts"]
    assert facts["ticket"] == ticket_image(desk.environment.id, " CASE-1 ") != ""
    assert facts["sketch"] == sketch_of(desk.environment.id, text)
    assert "CASE-1" not in entry.text
    assert resemblance(facts["sketch"], sketch_of(desk.environment.id, f"{text} Today.")) > 0.5
    assert resemblance(facts["sketch"], sketch_of(desk.environment.id, "A card was stolen in the morning.")) < 0.3
