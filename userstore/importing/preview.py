"""The first records of a file as they would be written: checked, shown as masks, and not stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.errors import GovernanceError
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore.errors import NotFound
from userstore.importing.instructions import Instructions
from userstore.importing.opening import opened
from userstore.importing.sources import SealedPieces
from userstore.models import Import
from userstore.writing.changes import KEEP_VALUES, read_changes
from userstore.writing.plan import mutator_plan

_SHOWN = 5
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Previewed:
    """One record: its line, what each column would get as a mask, and what is wrong with it."""

    line: int
    values: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def preview_of(row: Import, *, now: datetime, asked: Instructions | None = None) -> list[Previewed]:
    """Return the first records of an uploaded file.

    Args:
        asked: what to read it as, where that is only tried; else what the import was asked to do.

    Raises:
        FileUnfit: the head of the file does not fit what was asked.
        NotFound: there is no such mutator.
    """
    standing = fresh_standing_of(row.environment_id)
    with in_environment(row.environment_id):
        reading = opened(row, SealedPieces(row), asked=asked)
        if reading.instructions.mutator_id is None:
            raise NotFound("There is no such mutator.")
        plan = mutator_plan(standing, reading.instructions.mutator_id)
        frames, _ = reading.frames(reading.body, most=_SHOWN)
        records = reading.read(frames)
        found = []
        for record in records:
            if record.item is None:
                found.append(Previewed(record.line, fault=record.fault))
                continue
            fault = ""
            try:
                read_changes(record.item.row_data, plan, now=now)
            except GovernanceError as error:
                fault = f"{error.field or ''}: {error}".removeprefix(": ")
            shown = tuple((name, _masked(change)) for name, change in record.item.row_data.items())
            found.append(Previewed(record.line, shown, fault))
    return found


def _masked(change: Any) -> str:
    """Whether there is something and how it begins: enough to see that the columns are the right ones."""
    value = change.get("value") if isinstance(change, Mapping) else None
    if value == KEEP_VALUES:
        return "stays"
    if value is None:
        return "removed"
    text = str(value)
    return text[:1] + "•" * min(max(len(text) - 1, 0), _LONGEST)
