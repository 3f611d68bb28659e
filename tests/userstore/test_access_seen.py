"""Who sees what of temporary access: beside each who may see something stand those who may not."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from governance import access_queries as seen
from governance.access_use import earlier_use, use_of_grant
from governance.actions.access_decisions import Narrowing, answer_request, ask_back, deny_request
from governance.actions.access_requests import declare_emergency
from governance.actions.access_reviews import claim_review, conclude_review
from governance.actions.grants import activate_grant, relinquish_grant
from governance.actions.rights import give_right
from governance.errors import NotFound, Refused
from governance.identities import Caller
from governance.models import Review
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.helpdesk import WHY, HelpDesk
from userstore.models import Accessor

pytestmark = pytest.mark.django_db

begun, desk = beginning(HelpDesk)


def seers(desk: HelpDesk, see: object) -> set[str]:
    """Which of the cast see something, by name."""
    cast = {"sue": desk.sue, "sam": desk.sam, "ann": desk.ann, "otto": desk.otto, "aud": desk.auditor}
    return {name for name, caller in cast.items() if _sees(see, caller)}


def _sees(see: object, caller: Caller) -> bool:
    try:
        return bool(see(caller))  # type: ignore[operator]  # a callable of the test
    except NotFound:
        return False


def test_a_request_is_seen_by_who_asked_who_may_decide_and_who_may_audit(desk: HelpDesk) -> None:
    request, now = desk.asked(justification=WHY), timezone.now()

    assert seers(desk, lambda caller: seen.request_seen(caller, request.id, now)) == {"sue", "ann", "aud"}
    assert seers(desk, lambda caller: seen.own_requests(caller, now)) == {"sue"}
    assert seers(desk, lambda caller: seen.requests_to_decide(caller, now)) == {"ann"}
    whole = seen.request_seen(desk.ann, request.id, now)
    assert (whole.justification, whole.may_decide, whole.is_own) == (WHY, True, False)
    assert whole.left is not None
    assert whole.left.subjects == (desk.ada,)
    assert (whole.columns[desk.name], whole.shown) == ("nick", desk.shown(request))
    (line,) = seen.own_requests(desk.sue, now)
    assert line.justification is None, "lists open no texts"
    assert WHY not in repr(whole)


def test_what_is_decided_waits_for_nobody(desk: HelpDesk) -> None:
    request, now = desk.asked(), timezone.now()
    deny_request(desk.ann, request_id=request.id, shown=desk.shown(request), comment="Not like this.")

    assert seen.requests_to_decide(desk.abe, now) == []
    told = seen.request_seen(desk.sue, request.id, now)
    assert (told.comment, told.is_own, told.may_decide) == ("Not like this.", True, False)


def test_who_may_approve_one_accessor_sees_the_requests_for_that_one(desk: HelpDesk) -> None:
    request, now = desk.asked(), timezone.now()
    with in_environment(desk.environment.id):
        record, other = Accessor.objects.get(public_id=desk.record), Accessor.objects.exclude(public_id=desk.record)[0]
    give_right(desk.system, holder=desk.account(desk.otto), operation="approve", on=other)
    assert seen.requests_to_decide(desk.otto, now) == []

    give_right(desk.system, holder=desk.account(desk.otto), operation="approve", on=record)

    assert [line.row.id for line in seen.requests_to_decide(desk.otto, now)] == [request.id]


def test_who_may_stop_a_grant_sees_it_but_neither_why_nor_whose_records(desk: HelpDesk) -> None:
    grant, now = desk.granted(), timezone.now()
    warden = desk.operator("warden")
    give_right(desk.system, holder=desk.account(warden), operation="configure", on=desk.environment)

    stopping = seen.grant_seen(warden, grant.id, now)

    assert stopping.subjects is None
    assert seen.grant_seen(desk.sue, grant.id, now).subjects == (desk.ada,)
    assert seers(desk, lambda caller: seen.grant_seen(caller, grant.id, now)) == {"sue", "ann", "aud"}
    assert seers(desk, lambda caller: seen.grants_living(caller, now)) == {"sue", "ann", "aud"}
    assert seers(desk, seen.grants_of) == {"sue"}
    with pytest.raises(NotFound):
        seen.request_seen(warden, grant.request_id, now)


def test_a_review_is_offered_to_who_took_no_part_and_shows_why_to_auditors_alone(desk: HelpDesk) -> None:
    now = timezone.now()
    grant = declare_emergency(desk.sue, desk.wish(reason="incident_response", ticket=""), factor_at=None, now=now)
    with in_environment(desk.environment.id):
        review = Review.objects.get(grant=grant)
    give_right(desk.system, holder=desk.account(desk.sue), operation="audit", on=desk.environment)

    assert seers(desk, lambda caller: seen.reviews_open(caller, now)) == {"aud"}
    assert seers(desk, lambda caller: seen.review_seen(caller, review.id, now)) == {"sue", "aud"}
    claim_review(desk.auditor, review_id=review.id)
    whole = seen.review_seen(desk.auditor, review.id, now)
    assert (whole.is_own, whole.is_overdue) == (True, False)
    assert whole.request is not None
    assert whole.request.justification
    with pytest.raises(NotFound):
        seen.review_seen(desk.auditor, uuid4(), now)


def test_nobody_learns_that_a_grant_of_theirs_was_drawn_before_it_was_looked_at(desk: HelpDesk) -> None:
    desk.rule(review_percent=100)
    give_right(desk.system, holder=desk.account(desk.sue), operation="audit", on=desk.environment)
    grant = desk.granted()
    with in_environment(desk.environment.id):
        review = Review.objects.get(grant=grant)

    def see(caller: Caller) -> object:
        now = timezone.now()
        listed = {
            line.row.pk for line in (*seen.reviews_unconcluded(caller, now), *seen.reviews_concluded(caller, now))
        }
        return listed and seen.review_seen(caller, review.id, now)

    assert seers(desk, see) == {"aud"}
    relinquish_grant(desk.sue, grant_id=grant.id)
    claim_review(desk.auditor, review_id=review.id)
    assert seers(desk, see) == {"aud"}
    conclude_review(desk.auditor, review_id=review.id, verdict="appropriate")
    assert seers(desk, see) == {"sue", "aud"}


def test_what_is_approved_in_part_waits_beside_what_is_not_and_only_for_who_may_still_decide(desk: HelpDesk) -> None:
    desk.rule(approvals=2)
    request, now = desk.asked(), timezone.now()
    desk.approved(request)

    assert seen.requests_to_decide(desk.ann, now) == []
    assert [line.row.id for line in seen.requests_to_decide_with_others(desk.ann, now)] == [request.id]
    assert [line.row.id for line in seen.requests_to_decide(desk.abe, now)] == [request.id]
    assert seen.requests_to_decide_with_others(desk.abe, now) == []
    give_right(desk.system, holder=desk.account(desk.ann), operation="approve", on=desk.environment, is_deny=True)
    assert seen.requests_to_decide_with_others(desk.ann, now) == []


def test_a_request_is_told_by_the_clock(desk: HelpDesk) -> None:
    grant, now = desk.granted(minutes=10), timezone.now()
    states = [seen.own_requests(desk.sue, now + timedelta(minutes=minute))[0].state for minute in (0, 9, 11)]

    assert states == ["active", "active", "expired"]
    waiting = desk.asked()
    late = seen.request_seen(desk.sue, waiting.id, now + timedelta(days=2))
    assert (late.state, late.may_decide, late.is_undecided) == ("lapsed", False, False)
    assert grant.request_id != waiting.id


def test_a_question_and_its_answer_are_part_of_what_is_decided_on(desk: HelpDesk) -> None:
    request, now = desk.asked(), timezone.now()
    outdated = desk.shown(request)
    ask_back(desk.ann, request_id=request.id, shown=outdated, question="Which contract?")
    unanswered = desk.shown(request)
    answer_request(desk.sue, request_id=request.id, answer="The one of May.")

    for shown in (outdated, unanswered):
        with pytest.raises(Refused) as refused:
            desk.approved(request, desk.abe, shown=shown)
        assert refused.value.reasons[0] == "guard: same content"
    assert desk.approved(request, desk.abe).state == "approved"
    assert seen.request_seen(desk.abe, request.id, now).answer == "The one of May."


@pytest.mark.django_db(transaction=True)
def test_what_was_granted_stands_beside_what_was_read(desk: HelpDesk) -> None:
    now = timezone.now()
    request = desk.asked(columns=[desk.name, desk.age])
    used = desk.grant_of(desk.approved(request, narrowing=Narrowing(columns=[desk.name])))
    activate_grant(desk.sue, grant_id=used.id, factor_at=None)
    desk.seen(grant=used.id)
    desk.approved(desk.asked(columns=[desk.name, desk.age]))

    earlier = earlier_use(desk.ann, "customer_support_case", desk.record, now)

    assert (earlier.grants, earlier.used) == (2, 1)
    assert earlier.granted_columns == {"nick": 2, "age": 1}
    assert earlier.read_columns == {"nick": 1}
    assert earlier_use(desk.ann, "fraud_case", desk.record, now).grants == 0
    came = use_of_grant(desk.auditor, used)
    assert (came.calls, came.rows, came.columns) == (1, 1, ("nick",))
