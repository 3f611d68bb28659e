"""Which cells: the selector over indexes, inside one environment, at the epoch of the clearance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.authorization import Clearance
from userstore.definitions import SYSTEM_COLUMNS, Definitions
from userstore.reading.consent import is_permitted
from userstore.reading.narrowing import candidates_of, decided_by_id
from userstore.reading.opening import unseal
from userstore.reading.plan import AccessorPlan, ReadPlan
from userstore.reading.rows import OpenedSubject, SealedCell, SealedSubject
from userstore.reading.statements import Int8Arrays, read_page, read_subjects, uuid_of
from userstore.selectors import BoundSelector

BEGINNING = UUID(int=0)
_CHUNK = 512
_SUBJECT = 1  # the place of the subject's key in a row; NULL in the one row of nobody
_new_cell = tuple.__new__  # half the time of the class's own constructor, which only reaches this


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
    rows = read_page(
        environment_id=clearance.environment_id,
        after=after,
        limit=limit,
        column_pks=accessor.fetched_columns,
        state=accessor.state,
    )
    return gathered_page(rows, clearance)


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
    definitions, purposes = accessor.definitions, accessor.purpose_numbers
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
            [c for c in s.cells if c.column_pk in wanted and is_permitted(c, purposes, moment)],
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


def gathered(rows: Sequence[tuple[Any, ...]], clearance: Clearance) -> list[SealedSubject]:
    """Gather the rows of one statement into subjects, after comparing the epoch that came with them."""
    clearance.expect_epoch(rows[0][0] if rows else -1)
    subjects: list[SealedSubject] = []
    numbers = Int8Arrays()
    current: int | None = None
    cells: list[SealedCell] = []
    for row in rows:
        pk = row[_SUBJECT]
        if pk != current:
            current, cells = pk, []
            public_id, key_id, wrapped, handle = row[2:6]
            subjects.append(SealedSubject(pk, uuid_of(public_id), uuid_of(key_id), wrapped, handle, row[6:10], cells))
        column_pk, value_id, sealed, purposes, expires = row[10:]
        if value_id is not None:
            cells.append(_new_cell(SealedCell, (column_pk, value_id, sealed, numbers[purposes], numbers[expires])))
    return subjects


def gathered_page(rows: Sequence[tuple[Any, ...]], clearance: Clearance) -> list[SealedSubject]:
    """The same for a page, whose rows are whole subjects with their cells in parallel arrays."""
    clearance.expect_epoch(rows[0][0] if rows else -1)
    subjects: list[SealedSubject] = []
    numbers = Int8Arrays()
    for row in rows:
        pk = row[_SUBJECT]
        if pk is None:  # the one row of nobody
            continue
        public_id, key_id, wrapped, handle = row[2:6]
        columns, value_ids, sealed, purposes, expires = row[10:]
        cells = (
            []
            if columns is None
            else [
                _new_cell(SealedCell, (column_pk, value_id, value, numbers[held], numbers[until]))
                for column_pk, value_id, value, held, until in zip(
                    numbers[columns], value_ids, sealed, purposes, expires, strict=True
                )
            ]
        )
        subjects.append(SealedSubject(pk, uuid_of(public_id), uuid_of(key_id), wrapped, handle, row[6:10], cells))
    return subjects
