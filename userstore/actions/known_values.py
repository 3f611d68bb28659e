"""Asking of many texts at once whether the store has them as values: by keyed look-up, so that nothing is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance.actions.clearing import cleared
from governance.identities import Caller
from governance.standing import Standing, fresh_standing_of
from keyring.keys import live_index_keys
from userstore import events
from userstore.datatypes.errors import ValueRefused
from userstore.definitions import ColumnDefinition, definitions_of
from userstore.errors import Invalid
from userstore.models import Value

MOST_TEXTS = 10_000
MOST_COLUMNS = 16


def known_values(
    caller: Caller, *, columns: Sequence[str], texts: Sequence[str], now: datetime | None = None
) -> tuple[dict[str, str], UUID]:
    """Return those of up to 10 000 texts that are values of somebody, each with the first column that has it.

    As looking tokens up, it tells that something is there and not of whom, and takes the right to resolve. Also gives
    the decision's id. On record with the columns, how many were asked about and how many were found.

    Raises:
        Invalid: too many texts or columns, or a column that is none, or without an index to look up in.
        Refused: the caller may not resolve.
    """
    now = now or timezone.now()
    if len(texts) > MOST_TEXTS:
        raise Invalid(f"Give up to {MOST_TEXTS} texts.", field="texts")
    with cleared(caller, "resolve", events.VALUES_SOUGHT, now=now) as clearance:
        wanted = indexed_columns(fresh_standing_of(caller.environment_id), columns)
        found: dict[str, str] = {}
        for column in wanted:
            for text in _values_of(column, texts, caller.environment_id):
                found.setdefault(text, column.name)
        append(
            events.VALUES_SOUGHT,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"columns": [each.name for each in wanted], "asked": len(texts), "found": len(found)},
            decision_id=clearance.decision_id,
        )
    return found, clearance.decision_id


def indexed_columns(standing: Standing, names: Sequence[str]) -> list[ColumnDefinition]:
    """Return columns by name. Raises `Invalid` where one is none, or has no index to look up in."""
    if not 0 < len(names) <= MOST_COLUMNS:
        raise Invalid(f"Name 1 to {MOST_COLUMNS} columns.", field="columns")
    known: Mapping[str, ColumnDefinition] = definitions_of(standing).by_name
    for name in names:
        column = known.get(name)
        if column is None or column.is_system or not column.is_looked_up:
            raise Invalid(
                f"Nobody can be looked up by a column {name}: there is none, or it has no index.", field="columns"
            )
    return [known[name] for name in names]


def _values_of(column: ColumnDefinition, texts: Sequence[str], environment_id: UUID) -> Iterator[str]:
    """Yield the texts that are values of a column; one that can be none is not looked up."""
    keys = live_index_keys(environment_id, str(column.public_id))
    told: dict[bytes, list[str]] = {}
    for text, form in _forms(column, texts):
        for key in keys:
            told.setdefault(key.blind(form), []).append(text)
    found = Value.objects.filter(column_id=column.pk, blind__in=list(told)).values_list("blind", flat=True).distinct()
    for blind in found:
        yield from told[bytes(blind or b"")]


def _forms(column: ColumnDefinition, texts: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for text in texts:
        try:
            yield text, column.data_type.index_form(column.data_type.comparand(text))
        except (ValueRefused, TypeError):
            continue
