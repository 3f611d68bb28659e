"""Reviewing rights: the plan of an environment, and the verdicts of whoever owns its reviews."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.utils import timezone

from audit.recorder import append
from governance import events
from governance.actions.change import configuration_change, environment_resource, raise_epoch, refusal_on_record
from governance.actions.rights import described_right
from governance.actions.rights_rounds import close_finished
from governance.actions.stepping import save_text
from governance.authorization import must_not_be_stopped, refusal
from governance.breakglass.reasons import LONGEST_TEXT
from governance.custody import clients_spoken_as
from governance.drafts.draftable import draftable
from governance.errors import Invalid, NotFound
from governance.held_rights import TABLES
from governance.identities import OPERATOR, Caller
from governance.models import (
    Account,
    Client,
    Environment,
    GroupRight,
    ReviewedRight,
    Right,
    RightsReview,
    RightsReviewPlan,
)
from governance.models.rights_reviews import DROPPED, GONE, KEEP, LONGEST_DAYS, RETIRE, SUSPEND, WARN
from governance.standing import fresh_standing_of
from keyring.walls import in_environment


@draftable
def plan_rights_reviews(
    caller: Caller, *, owner: Account | Group, every_days: int, deadline_days: int, on_overdue: str = SUSPEND
) -> RightsReviewPlan:
    """Have every right of the environment reviewed again and again by an operator, or by the members of a group.

    A denial gives nobody anything, and who takes one away opens something: that stays a change of its own.

    The first review is opened at the next minute. What is undecided at a deadline is suspended until it is decided, or
    only shown as overdue (`on_overdue`: suspend, warn). A change acts on open reviews, but for their deadlines.

    Raises:
        Invalid: the days make no sense, or the owner is no person.
    """
    _check_terms(owner, every_days, deadline_days, on_overdue)
    with configuration_change(caller, events.RIGHTS_REVIEW_PLANNED) as change:
        terms = {
            "owner": owner if isinstance(owner, Account) else None,
            "owner_group": owner if isinstance(owner, Group) else None,
            "every_days": every_days,
            "deadline_days": deadline_days,
            "on_overdue": on_overdue,
        }
        plan = RightsReviewPlan.objects.select_for_update().first()
        if plan is None:
            plan = RightsReviewPlan(environment_id=caller.environment_id, next_at=change.now)
        for name, value in terms.items():
            setattr(plan, name, value)
        plan.save()
        change.facts.update(_described(plan))
    return plan


@draftable
def retire_rights_reviews(caller: Caller, *, public_id: UUID) -> None:
    """Have rights reviewed no longer. Reviews that are open end, and what they suspended holds again.

    Raises:
        NotFound: there is no such plan.
    """
    with configuration_change(caller, events.RIGHTS_REVIEWS_RETIRED) as change:
        plan = RightsReviewPlan.objects.select_for_update().filter(public_id=public_id).first()
        if plan is None:
            raise NotFound("There is no such plan in this environment.", field="id")
        change.facts.update(_described(plan))
        ReviewedRight.objects.filter(verdict="").update(verdict=DROPPED, decided_at=change.now)
        RightsReview.objects.filter(closed_at=None).update(closed_at=change.now)
        plan.delete()


def decide_rights(
    caller: Caller, *, reviewed: Sequence[UUID], verdict: str, comment: str = "", now: datetime | None = None
) -> int:
    """Keep or retire rights of open reviews, all of them or none; returns how many were decided.

    A retired right is withdrawn at once, protected or not: taking away waits for nobody. A kept one that was suspended
    holds again from the next check on.

    Raises:
        Invalid: no such verdict, or a right is retired without a comment.
        NotFound: one is not waiting for a verdict.
        Refused: the caller does not own the reviews, or holds one of these rights; on record.
    """
    now = now or timezone.now()
    if verdict not in (KEEP, RETIRE):
        raise Invalid("There is no such verdict.", field="verdict", remedy=f"Known: {KEEP}, {RETIRE}.")
    if verdict == RETIRE and not comment.strip():
        raise Invalid("Say why it is retired.", field="comment")
    if len(comment) > LONGEST_TEXT:
        raise Invalid(f"A comment has up to {LONGEST_TEXT} characters.", field="comment")
    with refusal_on_record(events.RIGHT_REVIEWED, caller), in_environment(caller.environment_id):
        Environment.objects.select_for_update().get(pk=caller.environment_id)
        standing = fresh_standing_of(caller.environment_id)
        must_not_be_stopped(caller, environment_resource(caller.environment_id), standing=standing, now=now)
        if not owns_reviews(caller, RightsReviewPlan.objects.first()):
            raise refusal("review: only an owner of the reviews decides")
        rows = list(ReviewedRight.objects.select_for_update(of=("self",)).filter(pk__in=reviewed, verdict=""))
        if len(rows) != len(set(reviewed)) or not rows:
            raise NotFound("This does not wait for a verdict any more.", field="reviewed", remedy="Look again.")
        accounts = accounts_of(caller, now=now)
        for row in rows:
            _decide(caller, row, verdict, comment, now, accounts=accounts)
        if verdict == RETIRE and not _somebody_configures(caller.environment_id):
            raise refusal("review: nobody would be left to configure", remedy="Keep somebody's right to configure.")
        close_finished(now=now)
        raise_epoch(caller.environment_id)
    return len(rows)


def owns_reviews(caller: Caller, plan: RightsReviewPlan | None) -> bool:
    """Say whether an operator is to decide in the reviews of their environment."""
    if plan is None or caller.kind != OPERATOR:
        return False
    return plan.owner_id == caller.account_id if plan.owner_id else plan.owner_group_id in caller.group_ids


def accounts_of(caller: Caller, *, now: datetime) -> frozenset[UUID]:
    """Return the accounts that a reviewer may be behind: their own, and those of clients as which they may speak."""
    clients = Client.objects.filter(public_id__in=clients_spoken_as(caller.account_id, now=now))
    return frozenset({caller.account_id, *clients.values_list("account_id", flat=True)})


def holds(caller: Caller, right: Right | GroupRight, accounts: Collection[UUID]) -> bool:
    """Say whether a right is the caller's own: through a group, or held by one of the accounts they may be behind."""
    return right.user_id in accounts if isinstance(right, Right) else right.group_id in caller.group_ids


def right_of(row: ReviewedRight) -> Right | GroupRight | None:
    """Return the right that a row of a review is about, None where it is gone; must run inside the environment."""
    table = TABLES[row.holder_kind]
    return table._default_manager.select_related("permission", "content_type").filter(pk=row.right_pk).first()


def _decide(
    caller: Caller, row: ReviewedRight, verdict: str, comment: str, now: datetime, *, accounts: Collection[UUID]
) -> None:
    right = right_of(row)
    if right is None:
        _settle(row, GONE, None, now)
        return
    if holds(caller, right, accounts):
        raise refusal("review: nobody decides about a right of their own", remedy="Let another owner decide.")
    if verdict == RETIRE and right.is_deny:
        raise refusal("review: a denial is not retired", remedy="Withdraw it as a change of its own.")
    save_text(row, "comment", comment.strip())
    _settle(row, verdict, caller.account_id, now)
    said = described_right(right)
    _append(caller, events.RIGHT_REVIEWED, {"review": row.review_id, "verdict": verdict, **said})
    if verdict == RETIRE:
        _append(caller, events.RIGHT_WITHDRAWN, said | {"reasons": [f"review: {row.review_id}"]})
        right.delete()


def _somebody_configures(environment_id: UUID) -> bool:
    """Say whether an operator who can sign in is left with the right to give rights."""
    people = Account.objects.filter(kind=Account.OPERATOR, is_active=True)
    left = {"permission__codename": "configure", "is_deny": False, "object_pk": str(environment_id)}
    groups = Group.objects.filter(pk__in=GroupRight.objects.filter(**left).values("group"))
    held = Right.objects.filter(**left, user__in=people).exists()
    return held or people.filter(groups__in=groups).exists()


def _settle(row: ReviewedRight, verdict: str, decided_by: UUID | None, now: datetime) -> None:
    ReviewedRight.objects.filter(pk=row.pk).update(verdict=verdict, decided_by=decided_by, decided_at=now)


def _append(caller: Caller, event: Any, facts: dict[str, Any]) -> None:
    append(event, environment_id=caller.environment_id, actor=caller.actor, facts=facts)


def _check_terms(owner: Account | Group, every_days: int, deadline_days: int, on_overdue: str) -> None:
    if isinstance(owner, Account) and owner.kind != Account.OPERATOR:
        raise Invalid("Rights are reviewed by people.", field="owner")
    if on_overdue not in (SUSPEND, WARN):
        raise Invalid("There is no such consequence.", field="on_overdue", remedy=f"Known: {SUSPEND}, {WARN}.")
    if not 1 <= deadline_days < every_days <= LONGEST_DAYS:
        raise Invalid(
            "The deadline is a day at least, and before the next review.",
            field="deadline_days",
            remedy=f"Reviews are up to {LONGEST_DAYS} days apart.",
        )


def _described(plan: RightsReviewPlan) -> dict[str, Any]:
    return {
        "plan": plan.public_id,
        "owner": str(plan.owner_id or plan.owner_group_id),
        "owner_kind": "account" if plan.owner_id else "group",
        "every_days": plan.every_days,
        "deadline_days": plan.deadline_days,
        "on_overdue": plan.on_overdue,
    }
