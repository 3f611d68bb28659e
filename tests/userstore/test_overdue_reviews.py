"""That a review is overdue is told once, to whoever is left, and leaves by the clock of now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.actions.access_clock import tell_what_is_overdue
from governance.actions.access_requests import declare_emergency
from governance.actions.access_reviews import tell_overdue
from governance.actions.accounts import change_operator
from governance.actions.webhooks import define_webhook
from governance.errors import Conflict
from governance.models import Delivery, Environment, Notice, Review
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.userstore.helpdesk import HelpDesk

URGENT = {"reason": "incident_response", "ticket": ""}

pytestmark = pytest.mark.django_db

begun, desk = beginning(HelpDesk)


def test_who_could_conclude_an_overdue_review_is_told_once_and_so_is_who_had_the_access(desk: HelpDesk) -> None:
    now = timezone.now()
    grant = declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=None, now=now)
    late = now + timedelta(hours=73)

    assert tell_what_is_overdue(now=now + timedelta(hours=71)) == 0
    assert (tell_what_is_overdue(now=late), tell_what_is_overdue(now=late)) == (1, 0)
    with in_environment(desk.environment.id):
        told = Notice.objects.filter(kind="review.overdue", about=Review.objects.get(grant=grant).pk)
        assert set(told.values_list("account", flat=True)) == {desk.auditor.id, desk.sue.id}


def test_an_overdue_review_is_told_once_where_nobody_is_left_and_by_two_who_tell_at_once(desk: HelpDesk) -> None:
    grant = declare_emergency(desk.sue, desk.wish(**URGENT), factor_at=None, now=timezone.now())
    define_webhook(desk.system, name="desk", url="https://desk.example.com/", kinds=["review.overdue"])
    for gone in (desk.auditor, desk.sue):
        change_operator(NOBODY, account_id=gone.account_id, is_active=False, groups=[])
    late = timezone.now() + timedelta(hours=73)
    with in_environment(desk.environment.id):
        Notice.objects.all().delete()
        review = Review.objects.get(grant=grant)

    assert (tell_what_is_overdue(now=late), tell_what_is_overdue(now=late)) == (1, 0)
    with pytest.raises(Conflict, match="told before"):  # the slower of two that have both found it
        tell_overdue(desk.system, review_id=review.pk, now=late)
    with in_environment(desk.environment.id):
        assert Delivery.objects.filter(kind="review.overdue", about=review.pk).count() == 1


def test_a_notice_leaves_by_the_clock_of_now_after_one_that_ran_ahead(desk: HelpDesk) -> None:
    now = timezone.now()
    define_webhook(desk.system, name="desk", url="https://desk.example.com/", kinds=["request.submitted"])
    Environment.objects.filter(pk=desk.environment.id).update(latest_at=now + timedelta(days=9))

    desk.asked(now=now)

    with in_environment(desk.environment.id):
        (delivery,) = Delivery.objects.filter(kind="request.submitted")
    assert (delivery.created_at - now, delivery.next_at) == (timedelta(days=9), now)


def test_whose_access_was_drawn_is_not_told_that_nobody_has_looked_at_it_yet(desk: HelpDesk) -> None:
    desk.rule(review_percent=100)
    grant = desk.granted()

    assert tell_what_is_overdue(now=timezone.now() + timedelta(days=30)) == 1
    with in_environment(desk.environment.id):
        told = Notice.objects.filter(kind="review.overdue", about=Review.objects.get(grant=grant).pk)
        assert set(told.values_list("account", flat=True)) == {desk.auditor.id}
