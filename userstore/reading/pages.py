"""One page of a read: who is selected, consented, opened and admitted.

A selector that reads values tells by every match that somebody matches. So a page of such a read is filled with
subjects who have something to show, and whether there is another page depends on these alone: somebody whom the policy
refuses or whose output is withheld leaves no gap that could be counted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from governance.authorization import Clearance
from governance.policies.facts import CallFacts
from userstore.definitions import SYSTEM_COLUMNS
from userstore.reading.admission import Admitted, admit
from userstore.reading.consent import keep_consented
from userstore.reading.opening import unseal
from userstore.reading.plan import ReadPlan
from userstore.reading.rows import OpenedSubject
from userstore.reading.selection import select_sealed
from userstore.reading.transformation import has_something_to_show

_FURTHER = 512
"""Subjects of every round after the first: as many as one statement fetches."""


def page_of(
    plan: ReadPlan, clearance: Clearance, facts: CallFacts, *, after: UUID, limit: int, now: datetime
) -> tuple[Admitted, UUID | None]:
    """Return the admitted subjects of one page, and the place behind which the next one begins, None at the end.

    Raises:
        EpochMoved: the environment changed since the clearance.
        TooLarge: the selector would have to open more cells than one call may.
    """

    def admitted_behind(place: UUID, most: int) -> tuple[Admitted, UUID | None]:
        sealed, more = select_sealed(plan, clearance, after=place, limit=most, now=now)
        last = sealed[-1].public_id if more else None
        permitted = keep_consented(sealed, plan.accessor.purpose_numbers, now=now)
        opened = unseal(permitted, plan.accessor.definitions, clearance)
        return admit(opened, plan.accessor.policy, facts, plan.accessor.seen), last

    if not _selects_by_value(plan):
        return admitted_behind(after, limit)
    return _filled(plan, admitted_behind, after=after, limit=limit)


def _selects_by_value(plan: ReadPlan) -> bool:
    return any(name not in SYSTEM_COLUMNS for name in plan.accessor.selector.columns)


def _filled(
    plan: ReadPlan,
    admitted_behind: Callable[[UUID, int], tuple[Admitted, UUID | None]],
    *,
    after: UUID,
    limit: int,
) -> tuple[Admitted, UUID | None]:
    """Go on until one subject more than the page holds has something to show, or nobody is left."""
    page, place = admitted_behind(after, limit + 1)
    while True:
        shown = _places_of_shown(page.subjects, plan)
        if len(shown) > limit:
            del page.subjects[shown[limit - 1] + 1 :]
            return page, page.subjects[-1].sealed.public_id
        if place is None:
            return page, None
        further, place = admitted_behind(place, _FURTHER)
        page.add(further)


def _places_of_shown(subjects: list[OpenedSubject], plan: ReadPlan) -> list[int]:
    return [place for place, subject in enumerate(subjects) if has_something_to_show(subject, plan.accessor)]
