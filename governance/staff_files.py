"""The staff directory as a CSV file: one line for each operator, read whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from governance.errors import Invalid

COLUMNS = ("username", "team", "role", "manager", "joined", "left", "leave", "own_record")
MOST_MEMBERS = 20_000
YEARS = range(1900, 2201)
"""Of the days in a file: what systems of personnel write for `never` cannot be counted on from."""
MOST_FAULTS = 20
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One line: `manager` is a user name, `leave` first and last days, `left` the last day."""

    row: int
    username: str
    team: str = ""
    role: str = ""
    manager: str = ""
    joined: date | None = None
    left: date | None = None
    leave: tuple[tuple[date, date], ...] = ()
    own_record: UUID | None = None


@dataclass(frozen=True, slots=True)
class StaffFault:
    """What is wrong with a line, and what to write instead. It never says what the line says."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"Row {self.row}, {self.column}: {self.message}"


class StaffFileUnfit(Invalid):
    """The file was not taken; the first faults say why."""

    def __init__(self, faults: list[StaffFault]) -> None:
        super().__init__("The file was not taken: nothing changed.", field="csv", remedy=" ".join(map(str, faults)))
        self.faults = faults


def read_staff(text: str) -> list[StaffLine]:
    """Read a file with a head line; columns may come in any order, and all but `username` may be left out.

    Raises:
        StaffFileUnfit: with the row, column and remedy of each fault, up to twenty.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    faults: list[StaffFault] = []
    lines: list[StaffLine] = []
    try:
        head = [each.strip().lower() for each in next(reader, [])]
        _look_at_head(head)
        for cells in reader:
            if any(each.strip() for each in cells):
                lines += _lines(head, cells, reader.line_num, faults)
            if len(lines) > MOST_MEMBERS:
                faults.append(StaffFault(reader.line_num, "username", f"at most {MOST_MEMBERS} lines."))
            if len(faults) >= MOST_FAULTS:
                break
    except csv.Error:
        faults.append(StaffFault(reader.line_num, "line", "quotes do not close; put a quote within a text twice."))
    faults += _twice(lines)
    if not lines and not faults:
        faults.append(StaffFault(1, "username", "the file names nobody; write a line for each operator."))
    if faults:
        raise StaffFileUnfit(faults[:MOST_FAULTS])
    return lines


def _look_at_head(head: list[str]) -> None:
    faults = [
        StaffFault(1, f"column {place}", f"unknown or named twice; known are {', '.join(COLUMNS)}.")
        for place, name in enumerate(head, start=1)
        if name not in COLUMNS or head.index(name) != place - 1
    ]
    if "username" not in head:
        faults.append(StaffFault(1, "username", "missing; the head line names the columns."))
    if faults:
        raise StaffFileUnfit(faults[:MOST_FAULTS])


def _lines(head: list[str], cells: list[str], row: int, faults: list[StaffFault]) -> Iterator[StaffLine]:
    if len(cells) != len(head):
        faults.append(StaffFault(row, "line", f"{len(cells)} cells; the head line has {len(head)}."))
        return
    found: dict[str, Any] = {}
    for column, cell in zip(head, cells, strict=True):
        try:
            found[column] = _READ[column](cell.strip())
        except ValueError as fault:
            faults.append(StaffFault(row, column, str(fault)))
    if len(found) == len(head):
        if found.get("joined") and found.get("left") and found["left"] < found["joined"]:
            faults.append(StaffFault(row, "left", "before the first day; write the last day."))
            return
        yield StaffLine(row, **found)


def _twice(lines: list[StaffLine]) -> Iterator[StaffFault]:
    first: dict[str, int] = {}
    for line in lines:
        row = first.setdefault(line.username.lower(), line.row)
        if row != line.row:
            yield StaffFault(line.row, "username", f"named in row {row} already; keep one of them.")


def _needed(cell: str) -> str:
    if not cell:
        raise ValueError("empty; write the name that they sign in with.")
    return _name(cell)


def _name(cell: str) -> str:
    if len(cell) > LONGEST_NAME or not cell.isprintable():
        raise ValueError(f"at most {LONGEST_NAME} printable characters.")
    return cell


def _day(cell: str) -> date | None:
    try:
        day = date.fromisoformat(cell) if cell else None
    except ValueError:
        raise ValueError("no day; write it as 2026-03-31.") from None
    if day is not None and day.year not in YEARS:
        raise ValueError(f"no day of {YEARS.start} to {YEARS.stop - 1}; leave it empty where there is no end.")
    return day


def _leave(cell: str) -> tuple[tuple[date, date], ...]:
    found = []
    for part in cell.replace(";", " ").split():
        first, separator, last = part.partition("..")
        begins, ends = (_day(first), _day(last)) if separator else (None, None)
        if begins is None or ends is None or ends < begins:
            raise ValueError(
                "no days; write first and last ones as 2026-03-01..2026-03-14, several with spaces between."
            )
        found.append((begins, ends))
    return tuple(found)


def _record(cell: str) -> UUID | None:
    try:
        return UUID(cell) if cell else None
    except ValueError:
        raise ValueError("no id; write the user id of the store, or nothing.") from None


_READ: Mapping[str, Callable[[str], Any]] = {
    "username": _needed,
    "team": _name,
    "role": _name,
    "manager": _name,
    "joined": _day,
    "left": _day,
    "leave": _leave,
    "own_record": _record,
}
