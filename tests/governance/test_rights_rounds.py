"""Rounds of reviews: each opens in its time, whatever is undecided of earlier ones, and no right waits in two."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from governance.actions.rights_reviews import decide_rights, retire_rights_reviews
from governance.actions.rights_rounds import open_due_reviews
from governance.actions.webhooks import define_webhook
from governance.identities import Caller
from governance.models import Delivery, GroupRight, Notice, ReviewedRight, Right, RightsReview, RightsReviewPlan
from governance.rights_review_queries import SeenReview, reviews_open
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.governance.rounds import DUE, LATE, NEXT, NOW, Round

pytestmark = pytest.mark.django_db
begun, review = beginning(Round)


def test_a_right_that_nobody_decides_keeps_no_later_review_from_opening(review: Round) -> None:
    open_due_reviews(now=NOW)
    left = review.waiting()["write", review.omar.account_id]
    others = [pk for pk in review.waiting().values() if pk != left]
    decide_rights(review.omar, reviewed=others, verdict="keep", now=NOW)
    review.give(review.service, "resolve")
    assert open_due_reviews(now=NEXT - timedelta(seconds=1)) == 1 and open_due_reviews(now=NEXT) == 1

    with in_environment(review.environment.id):
        second, first = RightsReview.objects.filter(closed_at=None)
        assert (first.due_at, second.opened_at, second.due_at) == (DUE, NEXT, NEXT + timedelta(days=14))
        assert ReviewedRight.objects.get(review=first, verdict="").pk == left
        taken = set(ReviewedRight.objects.filter(review=second).values_list("holder_kind", "right_pk"))
        waiting = ReviewedRight.objects.get(pk=left)
        assert len(taken) == Right.objects.filter(is_deny=False).count() + GroupRight.objects.count() - 1
        assert ("account", waiting.right_pk) not in taken
    assert not review.may(review.omar, "write", NEXT) and review.may(review.service, "resolve", NEXT)
    shown = _shown(review, review.olga, NEXT)
    assert [(seen.row.opened_at, seen.is_overdue) for seen in shown] == [(NOW, True), (NEXT, False)]
    assert [(len(seen.waiting), seen.waiting[0].is_suspended) for seen in shown] == [(1, True), (len(taken), False)]

    decide_rights(review.olga, reviewed=[left], verdict="keep", now=NEXT)

    assert review.may(review.omar, "write", NEXT)
    assert [seen.row.opened_at for seen in _shown(review, review.olga, NEXT)] == [NEXT]


def test_reviews_whose_rights_all_wait_in_earlier_ones_end_at_once_and_tell_nobody(review: Round) -> None:
    open_due_reviews(now=NOW)
    waiting = review.waiting()
    assert open_due_reviews(now=NEXT) == 1 and review.waiting() == waiting
    with in_environment(review.environment.id):
        second, first = RightsReview.objects.all()
        assert (second.opened_at, second.closed_at, first.closed_at) == (NEXT, NEXT, None)
        assert not Notice.objects.filter(about=second.pk).exists()


def test_the_owners_are_told_once_that_a_review_is_overdue_and_of_one_in_time_nobody(review: Round) -> None:
    define_webhook(review.officer, name="desk", url="https://desk.example.com/", kinds=["rights_review.overdue"])
    open_due_reviews(now=NOW)
    assert open_due_reviews(now=DUE - timedelta(seconds=1)) == 0
    review.plan("warn")  # a plan that only shows what is late tells of it, too
    with in_environment(review.environment.id):
        RightsReviewPlan.objects.update(next_at=NEXT)
        assert not Notice.objects.filter(kind="rights_review.overdue").exists()

    assert open_due_reviews(now=DUE) == 1 and open_due_reviews(now=LATE) == 0

    with in_environment(review.environment.id):
        row = RightsReview.objects.get()
        told = Notice.objects.filter(kind="rights_review.overdue", about=row.pk)
        assert set(told.values_list("account_id", flat=True)) == {review.olga.account_id, review.omar.account_id}
        assert told.count() == 2 and [each.about for each in Delivery.objects.all()] == [row.pk]


def test_what_waits_when_reviews_are_ended_is_dropped_and_waits_again_in_the_next_plan(review: Round) -> None:
    open_due_reviews(now=NOW)
    open_due_reviews(now=NEXT)
    with in_environment(review.environment.id):
        plan = RightsReviewPlan.objects.get().public_id
    retire_rights_reviews(review.officer, public_id=plan)
    with in_environment(review.environment.id):
        assert set(ReviewedRight.objects.values_list("verdict", flat=True)) == {"dropped"}
        assert not RightsReview.objects.filter(closed_at=None).exists()
        dropped = ReviewedRight.objects.count()
    review.plan()
    assert open_due_reviews(now=LATE) == 1 and len(review.waiting()) == dropped


def test_the_database_lets_a_right_wait_in_one_review_only(review: Round) -> None:
    open_due_reviews(now=NOW)
    left = review.waiting()["write", review.omar.account_id]
    with in_environment(review.environment.id):
        row = ReviewedRight.objects.get(pk=left)
        environment = review.environment
        other = RightsReview.objects.create(environment=environment, opened_at=NEXT, due_at=NEXT + timedelta(days=1))
        again = {"environment": environment, "review": other, "holder_kind": "account", "right_pk": row.right_pk}
        with pytest.raises(IntegrityError, match="waits_in_one"), transaction.atomic():
            ReviewedRight.objects.create(**again)
        ReviewedRight.objects.filter(pk=left).update(verdict="gone", decided_at=NOW)
        ReviewedRight.objects.create(**again)


def _shown(review: Round, caller: Caller, now: datetime) -> list[SeenReview]:
    with in_environment(review.environment.id):
        return reviews_open(caller, now=now)
