"""One page of a read: who is selected, consented, opened and admitted, in the order that was asked for.

A selector that reads values tells by every match that somebody matches. So a page of such a read is filled with
subjects who have something to show, and whether there is another page depends on these alone: somebody whom the policy
refuses or whose output is withheld leaves no gap that could be counted. An order by values is made the same way, of
those alone who are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.authorization import Clearance
from governance.policies.facts import CallFacts
from userstore.definitions import SYSTEM_COLUMNS
from userstore.reading.admission import Admitted, admit
from userstore.reading.consent import keep_consented
from userstore.reading.opening import unseal
from userstore.reading.ordering import Place
from userstore.reading.plan import ReadPlan
from userstore.reading.regional import keep_regional
from userstore.reading.rows import OpenedSubject
from userstore.reading.selection import Way, select_sealed
from userstore.reading.sorting import sorted_by_scan
from userstore.reading.transformation import has_something_to_show
from userstore.reading.windows import Window

_FURTHER = 512
"""Subjects of every round after the first: as many as one statement fetches."""


@dataclass(slots=True)
class PageFound:
    """The admitted subjects of one page, how far it reaches, and whether there is more in its direction."""

    admitted: Admitted
    first: Place | None = None
    last: Place | None = None
    more: bool = False

    def turned(self) -> PageFound:
        """The same page, collected from its other end."""
        self.admitted.subjects.reverse()
        self.first, self.last = self.last, self.first
        return self


def page_of(plan: ReadPlan, clearance: Clearance, facts: CallFacts, window: Window, *, now: datetime) -> PageFound:
    """Return the admitted subjects of one page.

    Raises:
        EpochMoved: the environment changed since the clearance.
        TooLarge: the selector or the order would have to open more cells than one call may.
    """
    if window.is_void:
        return PageFound(Admitted([]))
    along = window.order.index
    if along == "id" or (along is not None and plan.selects_everyone):
        found = _along_index(plan, clearance, facts, window, now=now)
    else:
        found = _reaching(*sorted_by_scan(plan, clearance, facts, window, now=now))
    return found.turned() if window.is_backward else found


def _along_index(plan: ReadPlan, clearance: Clearance, facts: CallFacts, window: Window, *, now: datetime) -> PageFound:
    def admitted_behind(place: Place | None, most: int) -> PageFound:
        way = Way(window.order, place, falls=window.falls)
        sealed, more = select_sealed(plan, clearance, way, limit=most, now=now)
        ends = [window.order.place_along_index(subject) for subject in (*sealed[:1], *sealed[-1:])]
        regional = keep_regional(sealed, plan, clearance)
        permitted = keep_consented(regional, plan.accessor.purpose_numbers, now=now)
        opened = unseal(permitted, plan.accessor.definitions, clearance)
        return _reaching(admit(opened, plan.accessor.policy, facts, plan.accessor.seen), ends, more)

    if not _selects_by_value(plan):
        return admitted_behind(window.place, window.limit)
    return _filled(plan, admitted_behind, window)


def _selects_by_value(plan: ReadPlan) -> bool:
    return any(name not in SYSTEM_COLUMNS for name in plan.accessor.selector.columns)


def _filled(plan: ReadPlan, admitted_behind: Callable[[Place | None, int], PageFound], window: Window) -> PageFound:
    """Go on until one subject more than the page holds has something to show, or nobody is left."""
    part = admitted_behind(window.place, window.limit + 1)
    page = part.admitted
    while True:
        shown = _places_of_shown(page.subjects, plan)
        is_full = len(shown) > window.limit
        if is_full or not part.more:
            break
        part = admitted_behind(part.last, _FURTHER)
        page.add(part.admitted)
    if is_full:
        del page.subjects[shown[window.limit - 1] + 1 :]
    ends = [page.subjects[0].sealed, page.subjects[-1].sealed] if shown else []
    return _reaching(page, [window.order.place_along_index(subject) for subject in ends], is_full)


def _reaching(admitted: Admitted, places: Sequence[Place], more: bool) -> PageFound:
    return PageFound(admitted, places[0], places[-1], more) if places else PageFound(admitted, more=more)


def _places_of_shown(subjects: list[OpenedSubject], plan: ReadPlan) -> list[int]:
    return [place for place, subject in enumerate(subjects) if has_something_to_show(subject.sealed, plan.accessor)]
