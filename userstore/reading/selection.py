"""Which cells: the selector over indexes, inside one environment, at the epoch of the clearance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.authorization import Clearance
from userstore.definitions import SYSTEM_COLUMNS, Definitions
from userstore.models.subjects import LIVE
from userstore.reading.consent import TERMS, Gate
from userstore.reading.gathering import gathered, give_cells, subjects_of
from userstore.reading.narrowing import candidates_of, decided_by_id
from userstore.reading.opening import unseal
from userstore.reading.ordering import BY_ID, Order, Place
from userstore.reading.plan import AccessorPlan, ReadPlan
from userstore.reading.rows import OpenedSubject, SealedSubject, make_cell
from userstore.reading.statements import read_cells, read_page, read_subjects
from userstore.selectors import BoundSelector

_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Way:
    """Along which index one goes, from beyond which place (None: from its end), and whether downwards."""

    order: Order = BY_ID
    place: Place | None = None
    falls: bool = False

    def ahead(self, ids: Iterable[UUID]) -> list[UUID]:
        """Those of some ids that the way comes to, in its order; for the way along ids."""
        found = set(ids)
        if self.place is not None:
            border = self.place.subject_id
            found = {each for each in found if (each < border if self.falls else each > border)}
        return sorted(found, reverse=self.falls)


UPWARDS = Way()


def select_sealed(
    plan: ReadPlan, clearance: Clearance, way: Way, *, limit: int, now: datetime
) -> tuple[list[SealedSubject], bool]:
    """Return up to `limit` subjects along a way, and whether there are more.

    Raises:
        EpochMoved: the environment changed since the clearance.
        TooLarge: the selector would have to open more cells than one call may.
    """
    found: list[SealedSubject] = []
    for chunk in _selected(plan, clearance, way, most=limit + 1, now=now):
        found += chunk
        if len(found) > limit:
            break
    return found[:limit], len(found) > limit


def every_selected(plan: ReadPlan, clearance: Clearance, *, now: datetime) -> Iterator[list[SealedSubject]]:
    """Return everybody who is selected, a few hundred at a time; raises what `select_sealed` raises."""
    return _selected(plan, clearance, UPWARDS, most=_CHUNK, now=now)


def _selected(
    plan: ReadPlan, clearance: Clearance, way: Way, *, most: int, now: datetime
) -> Iterator[list[SealedSubject]]:
    accessor, selected = plan.accessor, plan.selected
    if not isinstance(selected, BoundSelector):
        return _of_ids(accessor, plan.of(selected), clearance, way, most=most)
    ids = decided_by_id(selected)
    if ids is not None:
        return _of_ids(accessor, plan.of(ids), clearance, way, most=most)
    if selected.condition is not None:
        return _matching(plan, selected, clearance, way, now=now)
    if plan.within is not None:
        return _of_ids(accessor, sorted(plan.within), clearance, way, most=most)
    if accessor.state != LIVE:
        found = candidates_of(selected, accessor.definitions, clearance.environment_id, accessor.state)
        return _of_ids(accessor, sorted(found), clearance, way, most=most)
    return _everyone(accessor, clearance, way, most=most)


def _of_ids(
    accessor: AccessorPlan, ids: Sequence[UUID], clearance: Clearance, way: Way, *, most: int
) -> Iterator[list[SealedSubject]]:
    for wanted in _chunks(way.ahead(ids), max(most, _CHUNK)):
        found = _read(clearance, wanted, accessor.fetched_columns, accessor.state)
        yield found[::-1] if way.falls else found


def _everyone(accessor: AccessorPlan, clearance: Clearance, way: Way, *, most: int) -> Iterator[list[SealedSubject]]:
    while True:
        subjects = _page_of_everyone(accessor, clearance, way, most)
        yield subjects
        if len(subjects) < most:
            return
        way = replace(way, place=way.order.place_along_index(subjects[-1]))


def _page_of_everyone(accessor: AccessorPlan, clearance: Clearance, way: Way, most: int) -> list[SealedSubject]:
    environment_id = clearance.environment_id
    rows = read_page(
        environment_id=environment_id,
        along=way.order.index or "id",
        falls=way.falls,
        moment=way.place.moment if way.place else None,
        beyond=way.place.subject_id if way.place else None,
        limit=most,
    )
    subjects = subjects_of(rows, clearance)
    if subjects and accessor.fetched_columns:
        cells = read_cells(
            environment_id=environment_id,
            subject_pks=[subject.pk for subject in subjects],
            column_pks=accessor.fetched_columns,
            state=accessor.state,
            make=make_cell,
        )
        give_cells(subjects, cells, clearance)
    return _as_of_one_moment(subjects, accessor, clearance)


def _as_of_one_moment(
    subjects: list[SealedSubject], accessor: AccessorPlan, clearance: Clearance
) -> list[SealedSubject]:
    """Read again, in one statement, whose key was renewed between the page and its cells."""
    moved = [s.public_id for s in subjects if s.cells and s.cells[0].sealed[1:17] != s.key_bytes]
    if not moved:
        return subjects
    fresh = {s.public_id: s for s in _read(clearance, moved, accessor.fetched_columns, accessor.state)}
    for subject in subjects:
        if subject.public_id in moved:
            subject.cells = []  # gone meanwhile, unless they are found again
    return [fresh.get(subject.public_id, subject) for subject in subjects]


def _matching(
    plan: ReadPlan, bound: BoundSelector, clearance: Clearance, way: Way, *, now: datetime
) -> Iterator[list[SealedSubject]]:
    """Open the selector's cells of the candidates, as far as the purposes permit, and keep who matches."""
    accessor, found = plan.accessor, plan.within
    if found is None:
        found = frozenset(candidates_of(bound, accessor.definitions, clearance.environment_id, accessor.state))
    selecting = [
        accessor.definitions.by_name[name] for name in bound.columns if not accessor.definitions.by_name[name].is_system
    ]
    columns = tuple(dict.fromkeys([*accessor.fetched_columns, *(column.pk for column in selecting)]))
    extra = set(columns) - set(accessor.fetched_columns)
    for wanted in _chunks(way.ahead(found), _CHUNK):
        subjects = _read(clearance, wanted, columns, accessor.state)
        elements = elements_of(subjects, bound, accessor, clearance, [c.pk for c in selecting], moment=now.timestamp())
        kept: list[SealedSubject] = []
        for subject, values in zip(subjects, elements, strict=True):
            if bound.matches(values):
                subject.cells = [cell for cell in subject.cells if cell.column_pk not in extra]
                kept.append(subject)
        yield kept[::-1] if way.falls else kept


def _chunks(ids: list[UUID], size: int) -> Iterator[list[UUID]]:
    """Cut ids into chunks; of none at all there is one chunk, since the statement tells the epoch."""
    for start in range(0, max(len(ids), 1), size):
        yield ids[start : start + size]


def elements_of(
    subjects: Sequence[SealedSubject],
    bound: BoundSelector,
    accessor: AccessorPlan,
    clearance: Clearance,
    column_pks: Sequence[int],
    *,
    moment: float,
) -> list[dict[str, Sequence[Any]]]:
    """What the selector may see of each subject: system columns, and values whose purposes are permitted."""
    definitions, permits = accessor.definitions, Gate(accessor.purpose_numbers, moment)
    wanted = set(column_pks)
    system = [name for name in bound.columns if name in SYSTEM_COLUMNS]
    peeked = []
    for subject in subjects:
        peek = subject.only(wanted)
        peek.cells = [cell for cell in peek.cells if permits[cell[TERMS:]]]
        peeked.append(peek)
    return [selector_elements(opened, system, definitions) for opened in unseal(peeked, definitions, clearance)]


def selector_elements(
    subject: OpenedSubject, system: Sequence[str], definitions: Definitions
) -> dict[str, Sequence[Any]]:
    """Give selectors typed values by column name."""
    elements: dict[str, Sequence[Any]] = {}
    for name in system:
        text = subject.sealed.system_text(name)
        elements[name] = [] if text is None else [definitions.by_name[name].data_type.comparand(text)]
    for column_pk, opened in subject.values.items():
        column = definitions.by_pk[column_pk]
        elements[column.name] = [column.data_type.comparand(text) for text in opened]
    return elements


def _read(
    clearance: Clearance, subject_ids: Sequence[UUID], column_pks: Sequence[int], state: int
) -> list[SealedSubject]:
    rows = read_subjects(
        environment_id=clearance.environment_id, subject_ids=subject_ids, column_pks=column_pks, state=state
    )
    return gathered(rows, clearance)
