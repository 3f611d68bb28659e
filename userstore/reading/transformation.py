"""The last step before release: pass through, mask, coarsen or tokenize, column by column, into rows of texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from governance.authorization import Clearance
from userstore.marks import marks_of
from userstore.reading.admission import Admitted
from userstore.reading.forms import RowForm, blank_cell, wire_cells
from userstore.reading.outputs import Output
from userstore.reading.plan import AccessorPlan
from userstore.reading.rows import OpenedSubject, Rows, SealedSubject
from userstore.tokenization.minting import Origin, policy_key, tokens_for


def transform(admitted: Admitted, plan: AccessorPlan, clearance: Clearance, form: RowForm, *, now: datetime) -> Rows:
    """Make the rows of admitted subjects and the facts of their record, beside those of every read by the plan."""
    showable, withheld = _showable(admitted.subjects, plan.decisive_pks, is_strict=plan.is_strict)
    shown = [_shown(showable, output, plan, clearance, now) for output in plan.outputs]
    columns = [form(output, texts) for output, texts in zip(plan.outputs, shown, strict=True)]
    names = [output.column.name for output in plan.outputs]
    blanks = {output.column.name: blank_cell(output, form) for output in plan.blank}
    by_subject = list(zip(*columns, strict=True)) if columns else [()] * len(showable)
    marked = _marks(showable, shown, plan) if form is wire_cells else []
    rows: list[dict[str, Any]] = []
    marks: list[dict[str, str]] = []
    released: list[OpenedSubject] = []
    for place, (subject, cells) in enumerate(zip(showable, by_subject, strict=True)):
        row = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
        if row:
            rows.append({**row, **blanks} if blanks else row)
            released.append(subject)
            marks += marked[place : place + 1]
    facts: dict[str, Any] = {
        "subjects": [subject.handle for subject in released],
        "rows": len(rows),
        "withheld": withheld,
        "denied": admitted.denied,
    }
    if admitted.reasons:
        facts["reasons"] = admitted.reasons
    if admitted.faults:
        facts["faults"] = admitted.faults
    found = Rows(rows, [subject.sealed for subject in released], facts, clearance.decision_id)
    found.marks = marks
    return found


def has_something_to_show(subject: SealedSubject, plan: AccessorPlan) -> bool:
    """Say whether a subject with its permitted cells will be among the rows, unless transformers leave it none."""
    pks = plan.output_pks
    if plan.is_strict and not plan.decisive_pks.isdisjoint(subject.withheld):
        return False
    return any(cell.column_pk in pks for cell in subject.cells) or any(
        subject.system_text(output.column.name) is not None for output in plan.outputs if output.column.is_system
    )


def _marks(
    subjects: Sequence[OpenedSubject], shown: Sequence[Sequence[Sequence[str]]], plan: AccessorPlan
) -> list[dict[str, str]]:
    """The marks of each subject's masked and blank cells by column; none where everything is plain."""
    if not (plan.masked or plan.blank):
        return []
    masked = [
        (output.column, texts)
        for output, texts in zip(plan.outputs, shown, strict=True)
        if output.column.name in plan.masked
    ]
    blank = [(output.column, [()] * len(subjects)) for output in plan.blank]
    ids, environment_id = [subject.sealed.public_id for subject in subjects], plan.standing.environment_id
    by_column = [marks_of(environment_id, column.public_id, ids, texts) for column, texts in [*masked, *blank]]
    names = [column.name for column, _ in [*masked, *blank]]
    return [dict(zip(names, marks, strict=True)) for marks in zip(*by_column, strict=True)]


def _showable(
    subjects: Sequence[OpenedSubject], decisive_pks: frozenset[int], *, is_strict: bool
) -> tuple[list[OpenedSubject], int]:
    """Leave out, in strict mode, whoever has an output value that is present but not permitted; count the withheld."""
    withheld = sum(not decisive_pks.isdisjoint(subject.sealed.withheld) for subject in subjects)
    if not is_strict or not withheld:
        return list(subjects), withheld
    return [subject for subject in subjects if decisive_pks.isdisjoint(subject.sealed.withheld)], withheld


def _shown(
    subjects: Sequence[OpenedSubject], output: Output, plan: AccessorPlan, clearance: Clearance, now: datetime
) -> Sequence[Sequence[str]]:
    """One output column for all subjects: the texts of each, none where there is nothing to show."""
    column, transformer = output.column, output.transformer
    if column.is_system:
        texts: list[list[str]] = [_system_text(subject, column.name) for subject in subjects]
        if not transformer.passes_through:
            return _spread(
                texts, transformer.apply([t for one in texts for t in one], now=now, column=column.public_id)
            )
        return texts
    values = [subject.values.get(column.pk, ()) for subject in subjects]
    if transformer.passes_through:
        return values
    if transformer.tokenizes:
        return _tokenized(subjects, output, plan, clearance, now)
    return _spread(
        values, transformer.apply([text for one in values for text in one], now=now, column=column.public_id)
    )


def _tokenized(
    subjects: Sequence[OpenedSubject],
    output: Output,
    plan: AccessorPlan,
    clearance: Clearance,
    now: datetime,
) -> list[list[str]]:
    origin = Origin(
        clearance.environment_id,
        output.column.pk,
        plan.purpose_numbers,
        policy_key(output.token_policy),
        is_single=not output.column.is_array,
    )
    values = [subject.named_values(output.column.pk) for subject in subjects]
    pairs = [(subject, value) for subject, one in zip(subjects, values, strict=True) for value in one]
    return _spread(values, tokens_for(pairs, output.transformer, origin, now=now))


def _spread(shape: Sequence[Sequence[object]], flat: Sequence[str]) -> list[list[str]]:
    """Give a flat list the shape of the lists it came from; empty results drop out."""
    found, start = [], 0
    for one in shape:
        found.append([text for text in flat[start : start + len(one)] if text != ""])
        start += len(one)
    return found


def _system_text(subject: OpenedSubject, name: str) -> list[str]:
    text = subject.sealed.system_text(name)
    return [] if text is None else [text]
