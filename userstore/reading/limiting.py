"""The limits of an accessor's policy: how often a caller executes it, and how many rows one execution may have.

A walk through pages is one execution. What belongs to it is told by a mark in Redis, for the same caller and selector
values, and not by the cursor: that could be carried to another question, which then counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import orjson

from governance import counting
from governance.authorization import Clearance
from governance.policies.thresholds import counted
from governance.standing import epoch_of
from keyring.fingerprints import fingerprint
from userstore.reading.calls import ASCENDING, BEGIN, END, AccessorCall
from userstore.reading.ordering import order_of
from userstore.reading.pages import PageFound
from userstore.reading.plan import AccessorPlan
from userstore.reading.transformation import has_something_to_show
from userstore.reading.windows import Window

WALK_SECONDS = 15 * 60
"""How long after a page the next one still belongs to the execution that was counted."""

Through = Callable[[Window], PageFound]
"""Reads whom a window of this call shows."""


class NothingLeaves(Exception):
    """A limit is reached that is not announced: the caller gets an empty answer, the record says why."""

    def __init__(self, clearance: Clearance, reason: str) -> None:
        super().__init__(reason)
        self.decision_id = clearance.decision_id
        self.reason = reason


def count_reading(call: AccessorCall, plan: AccessorPlan, clearance: Clearance, *, now: datetime) -> None:
    """Count one execution by this caller, unless the page asked for goes on with one that was counted.

    Raises:
        EpochMoved: these may not be the limits any more; nothing was counted.
        TooOften, NothingLeaves: the limit is reached.
        LimitUnknown: Redis does not answer, so nobody can say.
    """
    limits = plan.policy.thresholds
    if not limits.max_executions:
        return
    clearance.expect_epoch(epoch_of(clearance.environment_id))
    walk = ("walk", *counted("accessor", plan.public_id, clearance), _asked(call))
    is_counted = _goes_on(call) and counting.is_remembered(*walk)
    if not is_counted and not limits.allow_execution("accessor", plan.public_id, clearance, now=now):
        if limits.announce_max_execution_failure:
            raise limits.too_often(clearance)
        raise NothingLeaves(clearance, limits.often_reason)
    counting.remember(*walk, seconds=WALK_SECONDS)


def count_rows(page: PageFound, window: Window, through: Through, plan: AccessorPlan, clearance: Clearance) -> None:
    """Compare everything this execution would give, on all of its pages, with the limit of the policy.

    Raises:
        TooMuch, NothingLeaves: it would be more.
    """
    limits = plan.policy.thresholds
    most = limits.max_results_per_execution
    if not most or window.is_void:
        return
    is_whole = window.place is None and not page.more
    if limits.allow_results(_shown(page, plan) if is_whole else _shown_in_all(most + 1, through, plan)):
        return
    if limits.announce_max_result_failure:
        raise limits.too_much(clearance)
    raise NothingLeaves(clearance, limits.much_reason)


def _shown_in_all(enough: int, through: Through, plan: AccessorPlan) -> int:
    """Count from the beginning, whatever part was asked for, until it is enough."""
    order, place, shown = order_of(plan, "", ASCENDING), None, 0
    while shown < enough:
        found = through(Window(order, enough - shown, place))
        shown += _shown(found, plan)
        place = found.last
        if not found.more or place is None:
            break
    return shown


def _shown(page: PageFound, plan: AccessorPlan) -> int:
    return sum(has_something_to_show(subject.sealed, plan) for subject in page.admitted.subjects)


def _goes_on(call: AccessorCall) -> bool:
    page = call.page
    return page is not None and (page.starting_after not in {None, BEGIN} or page.ending_before not in {None, END})


def _asked(call: AccessorCall) -> str:
    values = orjson.dumps(list(call.selector_values), default=str)
    return fingerprint(call.caller.environment_id, "selector", values)
