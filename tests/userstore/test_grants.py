"""The life of a grant: how it begins, what ends it, and what is looked back at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from governance.actions.access_clock import put_down_what_is_over
from governance.actions.access_requests import declare_emergency
from governance.actions.access_reviews import claim_review, conclude_review
from governance.actions.accounts import change_operator
from governance.actions.grants import activate_grant, relinquish_grant, resume_grant, revoke_grant, suspend_grant
from governance.actions.rights import give_right, withdraw_right
from governance.errors import Refused, Unavailable
from governance.models import (
    AccessRequest,
    Grant,
    GroupRight,
    Notice,
    RequestedSubject,
    Review,
)
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.userstore.helpdesk import ADA, WHY, HelpDesk, minutes, names
from userstore.actions.deletion import delete_subject
from userstore.actions.erasing import erase_subject
from userstore.actions.subjects import create_subject

URGENT = {"reason": "incident_response", "ticket": ""}

pytestmark = pytest.mark.django_db

begun, desk = beginning(HelpDesk)


def refused(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.reasons[0]


def test_a_grant_opens_one_record_and_nothing_else_does(desk: HelpDesk) -> None:
    with pytest.raises(Refused, match="not allowed"):
        desk.seen()
    grant = desk.granted()

    rows = desk.seen()

    assert names(rows) == [ADA]
    assert rows.rows == [{"nick": ADA, "age": ""}], "neither Ben's row nor a column that was not asked for"
    assert rows.facts["grant"] == grant.id
    with pytest.raises(Refused):
        desk.seen(desk.sam)
    with pytest.raises(Refused):
        desk.seen(desk.otto)


def test_a_grant_waits_for_its_grantee_and_for_a_fresh_factor(desk: HelpDesk) -> None:
    desk.rule(factor_minutes=5)
    now = timezone.now()
    grant = desk.grant_of(desk.approved(desk.asked()))
    with pytest.raises(Refused):
        desk.seen()
    with pytest.raises(Refused) as other:
        activate_grant(desk.sam, grant_id=grant.id, factor_at=now)
    with pytest.raises(Refused) as none:
        activate_grant(desk.sue, grant_id=grant.id, factor_at=None)
    with pytest.raises(Refused) as stale:
        activate_grant(desk.sue, grant_id=grant.id, factor_at=now - minutes(6))

    activate_grant(desk.sue, grant_id=grant.id, factor_at=now)

    assert refused(other) == "guard: grantee"
    assert refused(none) == refused(stale) == "guard: fresh factor"
    assert names(desk.seen()) == [ADA]


def test_an_approver_who_lost_the_right_no_longer_counts(desk: HelpDesk) -> None:
    grant = desk.grant_of(desk.approved(desk.asked()))
    account = desk.account(desk.ann)
    change_operator(NOBODY, account_id=account.id, is_active=False, groups=[desk.leads.name])

    with pytest.raises(Refused) as error:
        activate_grant(desk.sue, grant_id=grant.id, factor_at=None)

    assert refused(error) == "guard: still approved"


def test_access_ends_with_its_time_although_no_job_ever_runs(desk: HelpDesk) -> None:
    now = timezone.now()
    desk.granted(now=now)

    assert names(desk.seen(now=now + minutes(29.9))) == [ADA]
    with pytest.raises(Refused):
        desk.seen(now=now + minutes(30))


def test_a_clock_that_is_put_back_revives_nothing(desk: HelpDesk) -> None:
    now = timezone.now()
    desk.granted(now=now)
    desk.asked(now=now + minutes(31))  # somebody has seen a later moment

    with pytest.raises(Refused):
        desk.seen(now=now + minutes(1))


def test_suspended_and_revoked_access_stops_on_the_next_check(desk: HelpDesk) -> None:
    grant = desk.granted()
    with pytest.raises(Refused) as outsider:
        suspend_grant(desk.otto, grant_id=grant.id, comment="Stop.")
    suspend_grant(desk.officer, grant_id=grant.id, comment="Somebody looks into it.")
    with pytest.raises(Refused):
        desk.seen()
    resume_grant(desk.officer, grant_id=grant.id, comment="It was fine.")
    assert names(desk.seen()) == [ADA]
    revoke_grant(desk.abe, grant_id=grant.id)
    with pytest.raises(Refused):
        desk.seen()
    with pytest.raises(Refused) as error:
        resume_grant(desk.officer, grant_id=grant.id, comment="Once more.")

    assert refused(outsider) == "guard: may contain"
    assert refused(error) == "state: resume is no step of what is revoked"


def test_giving_up_ones_own_access_takes_no_right(desk: HelpDesk) -> None:
    grant = desk.granted()
    with in_environment(desk.environment.id):
        right = GroupRight.objects.get(group=desk.support, permission__codename="request")
    withdraw_right(desk.system, right=right)

    with pytest.raises(Refused):
        desk.seen()
    assert relinquish_grant(desk.sue, grant_id=grant.id).state == "relinquished"


def test_a_denial_beats_a_grant(desk: HelpDesk) -> None:
    desk.granted()
    give_right(desk.system, holder=desk.account(desk.sue), operation="read", on=desk.environment, is_deny=True)

    with pytest.raises(Refused, match="not allowed"):
        desk.seen()


def test_an_emergency_opens_at_once_and_everybody_who_was_skipped_is_told(desk: HelpDesk) -> None:
    now = timezone.now()
    with pytest.raises(Refused) as routine:
        declare_emergency(desk.sue, desk.wish(ticket=""), factor_at=None)
    with pytest.raises(Refused) as outsider:
        declare_emergency(desk.ann, desk.wish(**URGENT), factor_at=None)

    grant = declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=None, now=now)

    assert refused(routine) == "guard: justified"
    assert refused(outsider) == "guard: may request"
    assert names(desk.seen()) == [ADA]
    with pytest.raises(Refused):
        desk.seen(now=now + minutes(60))
    with in_environment(desk.environment.id):
        told = set(Notice.objects.filter(kind="emergency.declared").values_list("account", flat=True))
        review = Review.objects.get(grant=grant)
    assert told == {desk.ann.id, desk.abe.id, desk.amy.id}
    assert (review.state, review.due_at) == ("open", now + timedelta(hours=72))


def test_an_emergency_takes_a_second_factor_where_the_rule_says_so_and_a_group_that_may(desk: HelpDesk) -> None:
    desk.rule(factor_minutes=5)
    with pytest.raises(Refused) as factor:
        declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=None)
    desk.rule(emergency_group=desk.leads)
    with pytest.raises(Refused) as group:
        declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=timezone.now())

    assert refused(factor) == "guard: fresh factor"
    assert refused(group) == "guard: may declare", "one has to be in the group of every rule that fits"


def test_an_overdue_review_blocks_the_next_emergency_until_it_is_concluded(desk: HelpDesk) -> None:
    now = timezone.now()
    grant = declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=None, now=now)
    with in_environment(desk.environment.id):
        review = Review.objects.get(grant=grant)
    later = now + timedelta(hours=73)
    with pytest.raises(Refused) as blocked:
        declare_emergency(desk.sue, desk.wish(**URGENT, justification=f"{WHY} Again."), factor_at=None, now=later)
    with pytest.raises(Refused) as own:
        claim_review(desk.sue, review_id=review.id, now=later)
    claim_review(desk.auditor, review_id=review.id, now=later)
    with pytest.raises(Refused) as silent:
        conclude_review(desk.auditor, review_id=review.id, verdict="remarked", now=later)
    conclude_review(desk.auditor, review_id=review.id, verdict="remarked", comment="One was enough.", now=later)

    assert refused(blocked) == "guard: nothing overdue"
    assert refused(own) == "guard: may review"
    assert refused(silent) == "guard: commented"
    assert declare_emergency(desk.sue, desk.wish(**URGENT, justification=f"{WHY} Again."), factor_at=None, now=later)


def test_the_database_itself_refuses_a_move_that_the_table_does_not_have(desk: HelpDesk) -> None:
    grant = desk.granted()
    revoke_grant(desk.abe, grant_id=grant.id)

    with pytest.raises(DatabaseError, match="does not go from revoked to active"), in_environment(desk.environment.id):
        Grant.objects.filter(pk=grant.id).update(state="active", version=99)


def test_what_was_asked_for_cannot_be_rewritten(desk: HelpDesk) -> None:
    request = desk.asked()

    with pytest.raises(DatabaseError, match="permission denied"), in_environment(desk.environment.id):
        AccessRequest.objects.filter(pk=request.id).update(columns=[desk.name, desk.age])


def test_the_clock_puts_down_what_is_over_once(desk: HelpDesk) -> None:
    now = timezone.now()
    desk.granted(now=now)
    desk.approved(desk.asked(now=now), now=now)
    desk.asked(now=now)

    assert put_down_what_is_over(now=now + timedelta(minutes=29)) == 0
    assert put_down_what_is_over(now=now + timedelta(days=2)) == 3
    assert put_down_what_is_over(now=now + timedelta(days=2)) == 0
    with in_environment(desk.environment.id):
        assert set(Grant.objects.values_list("state", flat=True)) == {"expired", "unused"}
        assert set(AccessRequest.objects.values_list("state", flat=True)) == {"approved", "lapsed"}


def test_an_erased_person_is_unlinked_from_what_was_asked(desk: HelpDesk) -> None:
    grant = desk.granted()

    erase_subject(desk.service, subject_id=desk.ada)

    with in_environment(desk.environment.id):
        assert not RequestedSubject.objects.exists()
    assert grant.request.subject_count == 1
    assert desk.seen().rows == []


def test_a_deleted_person_is_unlinked_so_that_a_grant_opens_nobody_who_gets_the_id_later(desk: HelpDesk) -> None:
    desk.granted()
    delete_subject(desk.service, subject_id=desk.ada)

    create_subject(desk.service, subject_id=desk.ada)

    with in_environment(desk.environment.id):
        assert not RequestedSubject.objects.exists()
    assert desk.seen().rows == []


def test_nothing_begins_while_the_clock_is_behind_what_was_seen(desk: HelpDesk) -> None:
    now = timezone.now()
    grant = desk.grant_of(desk.approved(desk.asked(now=now), now=now + minutes(10)))

    with pytest.raises(Unavailable):
        activate_grant(desk.sue, grant_id=grant.id, factor_at=None, now=now)
    with pytest.raises(Unavailable):
        declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=None, now=now)

    assert activate_grant(desk.sue, grant_id=grant.id, factor_at=None, now=now + minutes(10)).state == "active"


def test_access_is_judged_once_it_is_over(desk: HelpDesk) -> None:
    now = timezone.now()
    grant = declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=None, now=now)
    with in_environment(desk.environment.id):
        review = Review.objects.get(grant=grant)
    claim_review(desk.auditor, review_id=review.id, now=now)

    with pytest.raises(Refused) as early:
        conclude_review(desk.auditor, review_id=review.id, verdict="appropriate", now=now + minutes(29))

    assert refused(early) == "guard: has ended"
    assert conclude_review(desk.auditor, review_id=review.id, verdict="appropriate", now=now + minutes(30))
