"""Reviews of rights as they are looked at: how far the open ones are, and what waits in them for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from governance.actions.rights_reviews import accounts_of, holds, owns_reviews
from governance.held_rights import HeldRight, rights_held
from governance.identities import Caller
from governance.models import ReviewedRight, RightsReview, RightsReviewPlan
from governance.models.rights_reviews import SUSPEND
from governance.standing import is_never_suspended


@dataclass(frozen=True, slots=True)
class SeenRight:
    """One right that waits for a verdict. `is_own`: its reviewer holds it, so another owner decides."""

    row: ReviewedRight
    held: HeldRight
    is_own: bool
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class SeenReview:
    """An open review. `decided` of `number` rights have a verdict or are gone."""

    row: RightsReview
    waiting: tuple[SeenRight, ...]
    number: int
    is_overdue: bool
    may_decide: bool

    @property
    def decided(self) -> int:
        return self.number - len(self.waiting)


def reviews_open(caller: Caller, *, now: datetime) -> list[SeenReview]:
    """Return the open reviews of the environment that the transaction is in: overdue ones first, then the oldest."""
    plan, accounts = RightsReviewPlan.objects.first(), accounts_of(caller, now=now)
    may_decide, held = owns_reviews(caller, plan), {right.id: right for right in rights_held()}
    numbers = dict(ReviewedRight.objects.order_by().values_list("review").annotate(Count("pk")))
    waiting: dict[UUID, list[SeenRight]] = {}
    rows = sorted(RightsReview.objects.filter(closed_at=None), key=lambda row: (row.due_at > now, row.opened_at))
    overdue = {row.pk for row in rows if row.due_at <= now}
    for each in ReviewedRight.objects.filter(verdict=""):
        if (seen := held.get(str(each))) is None:
            continue
        is_late = each.review_id in overdue and plan is not None and plan.on_overdue == SUSPEND
        is_suspended = is_late and not is_never_suspended(seen.operation, is_deny=seen.is_deny)
        right = SeenRight(each, seen, holds(caller, seen.right, accounts), is_suspended)
        waiting.setdefault(each.review_id, []).append(right)
    return [
        SeenReview(row, tuple(waiting.get(row.pk, ())), numbers.get(row.pk, 0), row.pk in overdue, may_decide)
        for row in rows
    ]


def verdicts_of(review: RightsReview) -> dict[str, int]:
    """Count the rights of a review by verdict; "" for those that wait."""
    found: dict[str, int] = {}
    for verdict in ReviewedRight.objects.filter(review=review).values_list("verdict", flat=True):
        found[verdict] = found.get(verdict, 0) + 1
    return found
