"""What the clock does to reviews of rights: opens a round when it is time, tells of late ones, ends what is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models

from audit.recorder import append
from governance import events
from governance.actions.change import raise_epoch
from governance.actions.notices import leave_notices
from governance.errors import GovernanceError
from governance.held_rights import TABLES
from governance.identities import system_caller
from governance.models import Account, Environment, ReviewedRight, RightsReview, RightsReviewPlan
from governance.models.rights_reviews import GONE, KEEP, RETIRE
from keyring.walls import in_environment


def open_due_reviews(*, now: datetime) -> int:
    """Open the reviews whose time has come, tell of overdue ones, end those that are done; safe to repeat.

    Returns in how many environments there was something to do.
    """
    return sum(_turn(environment_id, now) for environment_id in Environment.objects.values_list("pk", flat=True))


def close_finished(*, now: datetime) -> bool:
    """End the open reviews in which nothing waits; the caller holds the environment's transaction."""
    waiting = ReviewedRight.objects.filter(review=models.OuterRef("pk"), verdict="")
    finished = list(RightsReview.objects.filter(~models.Exists(waiting), closed_at=None).order_by("opened_at"))
    for review in finished:
        review.closed_at = now
        review.save(update_fields=["closed_at"])
        rows = ReviewedRight.objects.filter(review=review).order_by()
        verdicts = dict(rows.values_list("verdict").annotate(models.Count("pk")))
        counted = {"kept": verdicts.get(KEEP, 0), "retired": verdicts.get(RETIRE, 0), "gone": verdicts.get(GONE, 0)}
        _append(review, events.RIGHTS_REVIEW_CLOSED, counted)
    return bool(finished)


def _turn(environment_id: UUID, now: datetime) -> bool:
    try:
        with in_environment(environment_id):
            Environment.objects.select_for_update().get(pk=environment_id)
            _forget_what_is_gone(now)
            is_closed = close_finished(now=now)
            plan = RightsReviewPlan.objects.select_for_update().first()
            is_opened = plan is not None and plan.next_at <= now
            if plan is not None and is_opened:
                _open(plan, now)
            is_told = plan is not None and _tell_what_is_overdue(plan, now)
            if is_opened or is_closed:
                raise_epoch(environment_id)
            return is_opened or is_closed or is_told
    except GovernanceError:
        return False


def _open(plan: RightsReviewPlan, now: datetime) -> None:
    """Open a round about every right that waits for no verdict: what is undecided stays in the round it is in."""
    environment_id = plan.environment_id
    due_at = now + timedelta(days=plan.deadline_days)
    review = RightsReview.objects.create(environment_id=environment_id, opened_at=now, due_at=due_at)
    waiting = ReviewedRight.objects.filter(verdict="")
    held = [
        ReviewedRight(environment_id=environment_id, review=review, holder_kind=kind, right_pk=pk)
        for kind, table in TABLES.items()
        for pk in table._default_manager.filter(is_deny=False)
        .exclude(pk__in=waiting.filter(holder_kind=kind).values("right_pk"))
        .order_by("pk")
        .values_list("pk", flat=True)
    ]
    ReviewedRight.objects.bulk_create(held)
    plan.next_at = now + timedelta(days=plan.every_days)
    plan.save(update_fields=["next_at"])
    _append(review, events.RIGHTS_REVIEW_OPENED, {"rights": len(held), "until": due_at})
    if held:
        _tell_owners(plan, review, "rights_review.opened", now)
    else:
        close_finished(now=now)


def _tell_what_is_overdue(plan: RightsReviewPlan, now: datetime) -> bool:
    """Tell the owners of every review that is late, once, even where there is nobody to tell."""
    late = list(RightsReview.objects.filter(closed_at=None, due_at__lte=now, overdue_told_at=None))
    for review in late:
        review.overdue_told_at = now
        review.save(update_fields=["overdue_told_at"])
        waiting = ReviewedRight.objects.filter(review=review, verdict="").count()
        _append(review, events.RIGHTS_REVIEW_OVERDUE, {"waiting": waiting, "until": review.due_at})
        _tell_owners(plan, review, "rights_review.overdue", now)
    return bool(late)


def _tell_owners(plan: RightsReviewPlan, review: RightsReview, kind: str, now: datetime) -> None:
    told = [(kind, account, review.id) for account in _owners_of(plan)]
    leave_notices(told, happened=[(kind, review.id)], environment_id=plan.environment_id, now=now)


def _owners_of(plan: RightsReviewPlan) -> list[UUID]:
    """Return the operators who own the reviews and can sign in."""
    people = Account.objects.filter(kind=Account.OPERATOR, is_active=True)
    owners = people.filter(pk=plan.owner_id) if plan.owner_id else people.filter(groups=plan.owner_group_id)
    return list(owners.order_by("username").values_list("pk", flat=True))


def _forget_what_is_gone(now: datetime) -> None:
    """Settle what was withdrawn otherwise."""
    for kind, table in TABLES.items():
        waiting = ReviewedRight.objects.filter(verdict="", holder_kind=kind)
        there = table._default_manager.values("pk")
        waiting.exclude(right_pk__in=there).update(verdict=GONE, decided_at=now)


def _append(review: RightsReview, event: Any, facts: dict[str, Any]) -> None:
    clock = system_caller(review.environment_id)
    append(event, environment_id=review.environment_id, actor=clock.actor, facts={"review": review.id, **facts})
