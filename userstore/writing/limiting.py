"""The limits of a mutator's policy: how often a caller executes it, and how many users one execution may change."""

from __future__ import annotations

from datetime import datetime

from governance.authorization import Clearance
from governance.standing import epoch_of
from userstore.reading.limiting import NothingLeaves
from userstore.writing.plan import MutatorPlan


class NothingChanges(NothingLeaves):
    """A limit is reached that is not announced: nobody is changed, the record says why."""


def count_writing(plan: MutatorPlan, clearance: Clearance, *, now: datetime) -> None:
    """Count one execution by this caller.

    Raises:
        EpochMoved: these may not be the limits any more; nothing was counted.
        TooOften, NothingChanges: the limit is reached.
        LimitUnknown: Redis does not answer, so nobody can say.
    """
    limits = plan.policy.thresholds
    if not limits.max_executions:
        return
    clearance.expect_epoch(epoch_of(clearance.environment_id))
    if limits.allow_execution("mutator", plan.public_id, clearance, now=now):
        return
    if limits.announce_max_execution_failure:
        raise limits.too_often(clearance)
    raise NothingChanges(clearance, limits.often_reason)


def count_written(count: int, plan: MutatorPlan, clearance: Clearance) -> None:
    """Compare how many users would be changed with the limit of the policy.

    Raises:
        TooMuch, NothingChanges: there would be more.
    """
    limits = plan.policy.thresholds
    if limits.allow_results(count):
        return
    if limits.announce_max_result_failure:
        raise limits.too_much(clearance)
    raise NothingChanges(clearance, limits.much_reason)
