"""The grid of the consent board, made of real calls.

Every cell is what the accessor gives to the client that has the right to it, executed as that client and recorded as
such, with the page named in the record. That is only possible in an environment of invented people.

The board shows the accessors that give one column of the people named by id; the purposes beside the values are theirs.
An accessor of a column with names gives the rows their titles.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.actions.change import clearance_for
from governance.errors import GovernanceError, Refused
from governance.identities import CLIENT, Caller
from governance.models import Client, Right
from governance.standing import Standing, StandingPurpose
from keyring.walls import in_environment
from userstore.board.book import BoardEntry, recent_entries, shown_entry
from userstore.board.snippets import snippets_for
from userstore.definitions import ColumnDefinition, definitions_of
from userstore.errors import Invalid
from userstore.events import ACCESSOR_EXECUTED
from userstore.models import Accessor, ConsentRecord, Subject
from userstore.models.accessors import MASKED, NONE
from userstore.queries import ConsentedValue, consented_values_of
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.reading.plan import accessor_plan
from userstore.reading.visibility import levels_for

MOST_SUBJECTS = 25
_BY_ID = "{id}=any(?)"
_NAMES = "name"
"""The category of columns whose values are people's names."""
SwitchUrl = Callable[[UUID, UUID, str], str]


@dataclass(slots=True)
class BoardCell:
    """What one accessor gives for one subject: value, token, withheld, refused, frozen or empty."""

    accessor: str
    state: str
    shown: list[str] = field(default_factory=list)
    reason: str = ""


@dataclass(slots=True)
class Board:
    """Everything the page shows."""

    environment: dict[str, Any]
    accessors: list[dict[str, Any]]
    subjects: list[dict[str, Any]]
    entry: BoardEntry | None
    entries: list[BoardEntry]
    snippets: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Column:
    """One accessor of the board with the client that calls it."""

    accessor_id: UUID
    name: str
    purposes: tuple[StandingPurpose, ...]
    description: str
    caller: Caller
    output: ColumnDefinition
    tokenizes: bool
    level: str

    @property
    def purpose(self) -> str:
        """Its purposes as the page shows them."""
        return ", ".join(purpose.name for purpose in self.purposes)


def build_board(
    operator: Caller,
    *,
    address: str | None,
    via: str,
    switch_url: SwitchUrl,
    entry_id: UUID | None = None,
    flipped: tuple[UUID, UUID, str, bool] | None = None,
) -> Board:
    """Build the board of an environment of invented people.

    Raises:
        Invalid: real people live in the environment.
        Refused: the operator may not read there.
    """
    now = timezone.now()
    clearance = clearance_for(operator, "read", ACCESSOR_EXECUTED, now=now)
    standing = clearance.standing
    if not standing.is_synthetic:
        raise Invalid("The consent board shows environments of invented people only.", remedy="Choose the demo.")
    with in_environment(standing.environment_id):
        columns, names = _accessors(standing)
        subjects = list(Subject.objects.filter(erased_at=None).order_by("created_at", "public_id")[:MOST_SUBJECTS])
        values = {s.public_id: _values_of(s, standing) for s in subjects}
        origins = _origins(subjects)
    context = CallContext(address=address, via=via)
    ids = [s.public_id for s in subjects]
    grid = [_cells(column, ids, values, context, now) for column in columns]
    shown_names = _names(names, ids, context, now)
    shown_columns = {column.output.name for column in columns}
    purposes = list(dict.fromkeys(purpose for column in columns for purpose in column.purposes))
    rows = [
        {
            "id": str(subject_id),
            "name": shown_names.get(subject_id, "somebody"),
            "values": [
                _switches(subject_id, value, origins, purposes, switch_url)
                for value in values[subject_id]
                if value.column in shown_columns
            ],
            "cells": [cells[subject_id] for cells in grid],
        }
        for subject_id in ids
    ]
    return Board(
        environment=_environment(standing),
        accessors=[
            {"name": c.name, "purpose": c.purpose, "client": c.caller.name, "description": c.description}
            for c in columns
        ],
        subjects=rows,
        entry=shown_entry(standing, entry_id),
        entries=recent_entries(standing),
        snippets=snippets_for(columns, ids, flipped),
    )


def _environment(standing: Standing) -> dict[str, Any]:
    return {
        "name": standing.environment_name,
        "protected": standing.is_protected,
        "synthetic": standing.is_synthetic,
        "frozen": ("environment", standing.environment_id) in standing.freezes,
    }


def _accessors(standing: Standing) -> tuple[list[_Column], _Column | None]:
    """The accessors of one column that some client may read, and the one that gives names."""
    clients = {c.account_id: c for c in Client.objects.filter(disabled_at=None)}
    readers: dict[str, Client] = {}
    for right in Right.objects.filter(content_type__model="accessor", permission__codename="read", is_deny=False):
        if right.user_id in clients:
            readers.setdefault(right.object_pk, clients[right.user_id])
    columns, names = [], None
    for accessor in Accessor.objects.filter(is_system=False).order_by("pk"):
        client = readers.get(str(accessor.pk))
        if client is None or "".join(accessor.selector.split()).lower() != _BY_ID:
            continue
        plan = accessor_plan(standing, accessor.public_id)
        if len(plan.outputs) != 1 or plan.outputs[0].column.is_system:
            continue
        caller = Caller(CLIENT, client.public_id, client.account_id, client.environment_id, client.name)
        output = plan.outputs[0]
        column = _Column(
            accessor.public_id,
            accessor.name,
            plan.purposes,
            accessor.description,
            caller,
            output.column,
            plan.tokenizes,
            *levels_for(caller, [output.visibility]),
        )
        if column.output.pii_category == _NAMES:
            names = names or column
        else:
            columns.append(column)
    return columns, names


def _values_of(subject: Subject, standing: Standing) -> list[ConsentedValue]:
    return consented_values_of(subject, definitions_of(standing).by_pk, standing.purposes_by_number)


def _origins(subjects: list[Subject]) -> dict[UUID, str]:
    """How each value came: the source of its first consent."""
    records = ConsentRecord.objects.filter(subject_id__in=[s.pk for s in subjects], permitted=True)
    found: dict[UUID, str] = {}
    for value_id, source in records.order_by("recorded_at", "sequence").values_list("value_id", "source"):
        found.setdefault(value_id, source.removeprefix("mutator "))
    return found


def _cells(
    column: _Column,
    ids: list[UUID],
    values: dict[UUID, list[ConsentedValue]],
    context: CallContext,
    now: datetime,
) -> dict[UUID, BoardCell]:
    try:
        given = _executed(column, ids, context, now)
    except Refused as refused:
        state = "frozen" if any(reason.startswith("freeze") for reason in refused.reasons) else "refused"
        reason = "; ".join(refused.reasons)
        return {subject_id: BoardCell(column.name, state, reason=reason) for subject_id in ids}
    except GovernanceError as error:
        return {subject_id: BoardCell(column.name, "refused", reason=str(error)) for subject_id in ids}
    return {subject_id: _cell(column, given.get(subject_id), values[subject_id]) for subject_id in ids}


def _cell(column: _Column, texts: list[str] | None, values: list[ConsentedValue]) -> BoardCell:
    if texts and column.level == MASKED:
        return BoardCell(column.name, "value", texts)
    if texts:
        if column.tokenizes:
            return BoardCell(column.name, "token", texts)
        return BoardCell(column.name, "value", [_shortened(text) for text in texts])
    if column.level == NONE:
        return BoardCell(column.name, "withheld", reason="the accessor's rules show this client nothing of it")
    if any(value.column == column.output.name for value in values):
        return BoardCell(column.name, "withheld", reason=f"no consent for {column.purpose}")
    return BoardCell(column.name, "empty")


def _executed(column: _Column, ids: list[UUID], context: CallContext, now: datetime) -> dict[UUID, list[str]]:
    if not ids:
        return {}
    call = AccessorCall(column.caller, column.accessor_id, [[str(subject_id) for subject_id in ids]], context)
    rows = execute_accessor(call, now=now)
    found = {}
    for subject_id, row in zip(rows.subject_ids, rows.rows, strict=True):
        text = row.get(column.output.name, "")
        found[subject_id] = json.loads(text) if column.output.is_array and text else [text]
    return found


def _names(column: _Column | None, ids: list[UUID], context: CallContext, now: datetime) -> dict[UUID, str]:
    if column is None:
        return {}
    try:
        return {key: texts[0] for key, texts in _executed(column, ids, context, now).items()}
    except GovernanceError:
        return {}


def _switches(
    subject_id: UUID,
    value: ConsentedValue,
    origins: dict[UUID, str],
    purposes: list[StandingPurpose],
    switch_url: SwitchUrl,
) -> dict[str, Any]:
    return {
        "id": str(value.value_id),
        "shown": f"{value.column} {value.ordinal} · {origins.get(value.value_id, 'unknown origin')}",
        "purposes": [
            {
                "name": purpose.name,
                "permitted": purpose.name in value.purposes,
                "locked": purpose.legal_basis != "consent",
                "url": switch_url(subject_id, value.value_id, purpose.name),
            }
            for purpose in purposes
        ],
    }


def _shortened(text: str) -> str:
    """The board shows enough to tell numbers apart; the accessor gave the whole number to its client."""
    return f"{text[:7]} ••• {text[-2:]}" if len(text) > 9 else "•••"
