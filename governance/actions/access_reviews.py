"""Looking back at grants: claimed by somebody who took no part, and concluded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from governance import events
from governance.actions.change import environment_resource
from governance.actions.stepping import Stepping, save_text, stepping
from governance.breakglass.gathering import Moment, approvers_of, facts_of_reviewing
from governance.breakglass.machines import CLAIMED, OPEN, REVIEW
from governance.breakglass.people import able_to
from governance.catalogue import requestables
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Review
from governance.rights import Resource

VERDICTS = {"appropriate": "conclude", "remarked": "remark", "violation": "report"}
"""Verdicts, and the step of the table that comes to each."""


def claim_review(caller: Caller, *, review_id: UUID, now: datetime | None = None) -> Review:
    """Take a review on, so that everybody sees who looks."""
    with _reviewing(caller, review_id, events.REVIEW_CLAIMED, now) as reviewing:
        reviewing.take("claim", reviewer_id=caller.account_id)
    return reviewing.review


def refer_review(caller: Caller, *, review_id: UUID, comment: str, now: datetime | None = None) -> Review:
    """Hand a review to somebody else, saying what is unclear."""
    with _reviewing(caller, review_id, events.REVIEW_REFERRED, now, comment) as reviewing:
        reviewing.take("refer", reviewer_id=None)
    return reviewing.review


def conclude_review(
    caller: Caller, *, review_id: UUID, verdict: str, comment: str = "", now: datetime | None = None
) -> Review:
    """Say how access was used: appropriate, remarked, or a violation.

    Raises:
        Invalid: there is no such verdict.
        NotFound: there is no such review.
        Refused: a guard of the table does not hold; it is on record.
    """
    if verdict not in VERDICTS:
        raise Invalid("There is no such verdict.", field="verdict", remedy=f"Known: {', '.join(VERDICTS)}.")
    with _reviewing(caller, review_id, events.REVIEW_CONCLUDED, now, comment) as reviewing:
        at, review = reviewing.step, reviewing.review
        reviewing.take(VERDICTS[verdict], concluded_at=at.now)
        at.facts["verdict"] = verdict
        at.tell("review.concluded", [review.grant.grantee_id], review.id)
    return review


def tell_overdue(clock: Caller, *, review_id: UUID, now: datetime | None = None) -> Review:
    """Tell whoever could conclude a review that its time is over: once, even where there is nobody to tell.

    Whose emergency it looks back at is told as well, since it blocks their next one; who was drawn learns nothing yet.

    Raises:
        NotFound: there is no such review.
        Conflict: it is not overdue, or that was told before.
    """
    with _reviewing(clock, review_id, events.REVIEW_OVERDUE, now) as reviewing:
        at, review = reviewing.step, reviewing.review
        if review.state not in {OPEN, CLAIMED} or review.due_at > at.now:
            raise Conflict("This review is not overdue.")
        # Here alone, behind whoever was quicker: notices say nothing where there was nobody to tell.
        if not Review.objects.filter(pk=review.pk, overdue_told_at=None).update(overdue_told_at=at.now):
            raise Conflict("That this review is overdue was told before.")
        grant = review.grant
        could = able_to("audit", reviewing.resource, standing=at.standing, now=at.now)
        took_part = {grant.grantee_id, grant.request.requester_id, *approvers_of(grant.request)}
        blocked = {grant.grantee_id} if review.why == Review.EMERGENCY else set()
        at.tell("review.overdue", (could - took_part) | blocked, review.id)
    return review


@dataclass(slots=True)
class _Reviewing:
    step: Stepping
    review: Review
    comment: str

    @property
    def resource(self) -> Resource:
        found = requestables().find(self.review.grant.accessor_id)
        return found.resource if found else environment_resource(self.review.environment_id)

    def take(self, verb: str, **changes: Any) -> None:
        at, review = self.step, self.review
        moment = Moment(at.caller, at.standing, at.now)
        facts = facts_of_reviewing(moment, review, self.resource, is_commented=bool(self.comment.strip()))
        taken = at.judge(REVIEW, verb, review.state, facts)
        save_text(review, "comment", self.comment)
        at.move(review, taken, **changes)


@contextmanager
def _reviewing(
    caller: Caller, review_id: UUID, event: EventKind, now: datetime | None, comment: str = ""
) -> Iterator[_Reviewing]:
    with stepping(caller, event, now=now or timezone.now()) as step:
        review = Review.objects.select_related("grant__request").filter(pk=review_id).first()
        if review is None:
            raise NotFound("There is no such review.", field="review")
        step.facts.update(review=review.id, grant=review.grant_id)
        yield _Reviewing(step, review, comment)
