"""Sorting by values: a bounded scan opens what the order needs of everybody, and the rest of the page's rows alone.

Only those are sorted who are admitted and have something to show, by what they show: nobody else leaves a trace in the
order, in how full a page is, or in whether another one follows.
"""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter

from django.conf import settings

from governance.authorization import Clearance
from governance.policies.facts import CallFacts
from userstore.errors import TooLarge
from userstore.reading.admission import Admitted, admit
from userstore.reading.consent import keep_consented
from userstore.reading.opening import unseal
from userstore.reading.ordering import Place
from userstore.reading.plan import AccessorPlan, ReadPlan
from userstore.reading.regional import keep_regional
from userstore.reading.rows import OpenedSubject, SealedSubject
from userstore.reading.selection import every_selected
from userstore.reading.transformation import has_something_to_show
from userstore.reading.windows import Window


def sorted_by_scan(
    plan: ReadPlan, clearance: Clearance, facts: CallFacts, window: Window, *, now: datetime
) -> tuple[Admitted, list[Place], bool]:
    """Return the subjects of a page along its way, where they stand, and whether there are more.

    Raises:
        EpochMoved: the environment changed since the clearance.
        TooLarge: more subjects or cells than `USERSTORE_SCAN_BOUND` would have to be opened.
    """
    accessor = plan.accessor
    needed = window.order.column_pks | {pk for pk, _, _ in accessor.seen.columns}
    told, nearest, budget = Admitted([]), list[tuple[Place, SealedSubject]](), _Budget()
    for chunk in every_selected(plan, clearance, now=now):
        regional = keep_regional(chunk, plan, clearance)
        permitted = keep_consented(regional, accessor.purpose_numbers, now=now)
        looked_at = [subject.only(needed) for subject in permitted]
        budget.spend(looked_at)
        admitted = admit(unseal(looked_at, accessor.definitions, clearance), accessor.policy, facts, accessor.seen)
        shown = _shown(permitted, admitted.subjects, accessor)
        places = window.order.places([opened for _, opened in shown], now=now)
        nearest += [
            (place, sealed) for place, (sealed, _) in zip(places, shown, strict=True) if window.lies_ahead(place)
        ]
        nearest.sort(key=itemgetter(0), reverse=window.falls)
        del nearest[window.limit + 1 :]
        admitted.subjects = []
        told.add(admitted)
    page = nearest[: window.limit]
    told.subjects = unseal([sealed for _, sealed in page], accessor.definitions, clearance)
    return told, [place for place, _ in page], len(nearest) > window.limit


def _shown(
    permitted: list[SealedSubject], admitted: list[OpenedSubject], accessor: AccessorPlan
) -> list[tuple[SealedSubject, OpenedSubject]]:
    """Pair the admitted, of whom little is open yet, with all their cells, and leave out who has nothing to show."""
    whole = {subject.pk: subject for subject in permitted}
    pairs = [(whole[opened.sealed.pk], opened) for opened in admitted]
    return [pair for pair in pairs if has_something_to_show(pair[0], accessor)]


class _Budget:
    """How much one call may look at."""

    def __init__(self) -> None:
        self._subjects = self._cells = 0

    def spend(self, subjects: list[SealedSubject]) -> None:
        self._subjects += len(subjects)
        self._cells += sum(len(subject.cells) for subject in subjects)
        most = settings.USERSTORE_SCAN_BOUND
        if self._subjects > most or self._cells > most:
            raise TooLarge(
                f"Sorting these rows would open more than {most} values.",
                field="sort_key",
                remedy="Select fewer subjects, or sort by id, created or updated.",
            )
