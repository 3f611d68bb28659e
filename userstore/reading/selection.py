"""Which cells: the selector over indexes, inside one environment, at the epoch of the clearance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.authorization import Clearance
from userstore.definitions import SYSTEM_COLUMNS, Definitions
from userstore.reading.consent import Gate
from userstore.reading.gathering import gathered, give_cells, subjects_of
from userstore.reading.narrowing import candidates_of, decided_by_id
from userstore.reading.opening import unseal
from userstore.reading.plan import AccessorPlan, ReadPlan
from userstore.reading.rows import OpenedSubject, SealedSubject
from userstore.reading.statements import read_cells, read_page, read_subjects
from userstore.selectors import BoundSelector

BEGINNING = UUID(int=0)
_CHUNK = 512


def select_sealed(
    plan: ReadPlan, clearance: Clearance, *, after: UUID, limit: int, now: datetime
) -> tuple[list[SealedSubject], bool]:
    """Return up to `limit` subjects behind a place in the order of public ids, and whether there are more.

    Raises:
        EpochMoved: the environment changed since the clearance.
        TooLarge: the selector would have to open more cells than one call may.
    """
    accessor, selected = plan.accessor, plan.selected
    if not isinstance(selected, BoundSelector):
        found = _of_ids(accessor, selected, clearance, after=after)
    elif selected.condition is None:
        found = _page_of_everyone(accessor, clearance, after=after, limit=limit + 1)
    elif (ids := decided_by_id(selected)) is not None:
        found = _of_ids(accessor, ids, clearance, after=after)
    else:
        found = _matching(accessor, selected, clearance, after=after, limit=limit + 1, now=now)
    return found[:limit], len(found) > limit


def _of_ids(accessor: AccessorPlan, ids: Sequence[UUID], clearance: Clearance, *, after: UUID) -> list[SealedSubject]:
    """All of them behind a place, whatever the limit: some ids may belong to nobody."""
    wanted = sorted(i for i in ids if i > after)
    return _read(clearance, wanted, accessor.fetched_columns, accessor.state)


def _page_of_everyone(accessor: AccessorPlan, clearance: Clearance, *, after: UUID, limit: int) -> list[SealedSubject]:
    environment_id = clearance.environment_id
    subjects = subjects_of(read_page(environment_id=environment_id, after=after, limit=limit), clearance)
    if subjects and accessor.fetched_columns:
        cells = read_cells(
            environment_id=environment_id,
            subject_pks=[subject.pk for subject in subjects],
            column_pks=accessor.fetched_columns,
            state=accessor.state,
        )
        give_cells(subjects, cells, clearance)
    return subjects


def _matching(
    accessor: AccessorPlan,
    bound: BoundSelector,
    clearance: Clearance,
    *,
    after: UUID,
    limit: int,
    now: datetime,
) -> list[SealedSubject]:
    """Open the selector's cells of the candidates, as far as the purposes permit, and keep who matches."""
    found = candidates_of(bound, accessor.definitions, clearance.environment_id, accessor.state)
    wanted = sorted(i for i in found if i > after)
    selecting = [
        accessor.definitions.by_name[name] for name in bound.columns if not accessor.definitions.by_name[name].is_system
    ]
    columns = tuple(dict.fromkeys([*accessor.fetched_columns, *(column.pk for column in selecting)]))
    extra = set(columns) - set(accessor.fetched_columns)
    kept: list[SealedSubject] = []
    for start in range(0, max(len(wanted), 1), _CHUNK):  # with no candidate, too, the statement tells the epoch
        subjects = _read(clearance, wanted[start : start + _CHUNK], columns, accessor.state)
        elements = elements_of(subjects, bound, accessor, clearance, [c.pk for c in selecting], moment=now.timestamp())
        for subject, values in zip(subjects, elements, strict=True):
            if bound.matches(values):
                subject.cells = [cell for cell in subject.cells if cell.column_pk not in extra]
                kept.append(subject)
        if len(kept) >= limit:
            break
    return kept[:limit]


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
    peeked = [
        SealedSubject(
            s.pk,
            s.public_id,
            s.key_id,
            s.wrapped,
            s.handle,
            s.facts,
            [c for c in s.cells if c.column_pk in wanted and permits[c[3:]]],
        )
        for s in subjects
    ]
    return [selector_elements(opened, system, definitions) for opened in unseal(peeked, definitions, clearance)]


def selector_elements(
    subject: OpenedSubject, system: Sequence[str], definitions: Definitions
) -> dict[str, Sequence[Any]]:
    """Give selectors typed values by column name."""
    elements: dict[str, Sequence[Any]] = {}
    for name in system:
        text = subject.sealed.system_text(name)
        elements[name] = [] if text is None else [definitions.by_name[name].data_type.parse(text)]
    for column_pk, opened in subject.values.items():
        column = definitions.by_pk[column_pk]
        elements[column.name] = [column.data_type.parse(text) for text in opened]
    return elements


def _read(
    clearance: Clearance, subject_ids: Sequence[UUID], column_pks: Sequence[int], state: int
) -> list[SealedSubject]:
    rows = read_subjects(
        environment_id=clearance.environment_id, subject_ids=subject_ids, column_pks=column_pks, state=state
    )
    return gathered(rows, clearance)
