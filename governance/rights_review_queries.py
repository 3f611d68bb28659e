"""Reviews of rights as they are looked at: how far the open one is, and what waits in it for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
    """The open review. `decided` of `number` rights have a verdict or are gone."""

    row: RightsReview
    waiting: tuple[SeenRight, ...]
    number: int
    is_overdue: bool
    may_decide: bool

    @property
    def decided(self) -> int:
        return self.number - len(self.waiting)


def review_open(caller: Caller, *, now: datetime) -> SeenReview | None:
    """Return the open review of the environment that the transaction is in, None where none is."""
    row = RightsReview.objects.filter(closed_at=None).first()
    if row is None:
        return None
    plan = RightsReviewPlan.objects.first()
    is_overdue, accounts = row.due_at <= now, accounts_of(caller, now=now)
    held = {right.id: right for right in rights_held()}
    rows = ReviewedRight.objects.filter(review=row, verdict="")
    suspends = is_overdue and plan is not None and plan.on_overdue == SUSPEND
    waiting = tuple(
        SeenRight(
            each,
            seen,
            holds(caller, seen.right, accounts),
            suspends and not is_never_suspended(seen.operation, is_deny=seen.is_deny),
        )
        for each in rows
        if (seen := held.get(str(each))) is not None
    )
    number = ReviewedRight.objects.filter(review=row).count()
    return SeenReview(row, waiting, number, is_overdue, owns_reviews(caller, plan))


def verdicts_of(review: RightsReview) -> dict[str, int]:
    """Count the rights of a review by verdict; "" for those that wait, or waited when it ended."""
    found: dict[str, int] = {}
    for verdict in ReviewedRight.objects.filter(review=review).values_list("verdict", flat=True):
        found[verdict] = found.get(verdict, 0) + 1
    return found
