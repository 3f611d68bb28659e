"""From the bytes of a record to a call: CSV with a header, NDJSON, and the vendor's format."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from userstore.importing.errors import FileUnfit, RecordRefused
from userstore.importing.framing import CSV, NDJSON, Frame
from userstore.importing.instructions import Instructions
from userstore.importing.layout import Layout
from userstore.writing.sheets import BatchItem

DEEPEST = 64
"""Levels of arrays and objects in a record, as in a request's body."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_UTF_8 = "The record is not UTF-8."
_WHITE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: the call it stands for, or why it stands for none."""

    line: int
    item: BatchItem | None = None
    fault: str = ""


Reader = Callable[[Sequence[Frame]], list[Record]]


def reader_of(instructions: Instructions, layout: Layout | None, header: Sequence[str]) -> Reader:
    """Return what reads the records of one file.

    Args:
        layout: of files that have one; the vendor's has none.
        header: the names of a CSV file's fields.
    """
    if instructions.format == CSV and layout is not None:
        return _Csv(layout, tuple(header), instructions.delimiter)
    if instructions.format == NDJSON and layout is not None:
        return lambda frames: list(_each(frames, lambda raw: _flat_or_full(raw, layout)))
    return lambda frames: list(_each(frames, _selected_and_changed))


def csv_header(frame: Frame, delimiter: str) -> list[str]:
    """Read the first line of a CSV file.

    Raises:
        FileUnfit: it is not UTF-8, or its quotes do not close.
    """
    if frame.raw.startswith(_UTF_16):
        raise FileUnfit("The file is UTF-16.", remedy="Save it as UTF-8.")
    try:
        (names,) = csv.reader([_text(frame.raw.removeprefix(BYTE_ORDER_MARK))], delimiter=delimiter, strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError):
        raise FileUnfit("The first line of the file cannot be read.", remedy="It names the fields, in UTF-8.") from None
    return [name.strip() for name in names]


def names_in_records(frames: Sequence[Frame]) -> list[str]:
    """Return the names of the fields of NDJSON records, in the order in which they come up; bad records have none."""
    names: dict[str, None] = {}
    for frame in frames:
        try:
            given = _object(_json(frame.raw.removeprefix(BYTE_ORDER_MARK)), "The record")
        except RecordRefused:
            continue
        if "row_data" not in given:
            names |= dict.fromkeys(given)
    return list(names)


def vendor_head(frames: Sequence[Frame]) -> tuple[UUID, Mapping[str, Any]]:
    """Read what the vendor's format begins with: the mutator's id and the client's context, each like a record.

    Raises:
        FileUnfit: they are not there.
    """
    try:
        mutator_id = UUID(_text(frames[0].raw.removeprefix(BYTE_ORDER_MARK)).strip(_WHITE))
        context = _json(frames[1].raw)
    except (IndexError, ValueError, RecordRefused):
        raise FileUnfit("The file has to begin with the id of a mutator and a context, each ended by 0x02.") from None
    if not isinstance(context, dict | None):
        raise FileUnfit("The context that the file begins with has to be a JSON object.")
    return mutator_id, context or {}


class _Csv:
    """Reads the records of a CSV file."""

    def __init__(self, layout: Layout, header: tuple[str, ...], delimiter: str) -> None:
        self._layout, self._header, self._delimiter = layout, header, delimiter

    def __call__(self, frames: Sequence[Frame]) -> list[Record]:
        texts: list[tuple[Frame, str]] = []
        records = []
        for frame in frames:
            if frame.fault:
                records.append(Record(frame.line, None, frame.fault))
                continue
            try:
                text = _text(frame.raw)
            except UnicodeDecodeError:
                records.append(Record(frame.line, None, _NOT_UTF_8))
                continue
            if text:
                texts.append((frame, text))
        records += [self._record(frame, row) for frame, row in self._rows(texts)]
        return sorted(records, key=lambda record: record.line)

    def _rows(self, texts: Sequence[tuple[Frame, str]]) -> Iterator[tuple[Frame, list[str] | str]]:
        """Give each text's fields; one that cannot be read gives the reason, and the next is read by a new reader."""
        start = 0
        while start < len(texts):
            reader = csv.reader((text for _, text in texts[start:]), delimiter=self._delimiter, strict=True)
            try:
                for frame, _ in texts[start:]:
                    row = next(reader)
                    start += 1
                    yield frame, row
            except csv.Error as error:
                yield texts[start][0], _csv_fault(error)
                start += 1

    def _record(self, frame: Frame, row: list[str] | str) -> Record:
        if isinstance(row, str):
            return Record(frame.line, None, row)
        if len(row) != len(self._header):
            return Record(
                frame.line, None, f"The record has {len(row)} fields, the first line names {len(self._header)}."
            )
        return Record(frame.line, self._layout.item(dict(zip(self._header, row, strict=True))))


def _csv_fault(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"A field is longer than {csv.field_size_limit():,} characters."
    return "The quotes of the record are not as CSV has them."


def _each(frames: Iterable[Frame], read: Callable[[bytes], BatchItem]) -> Iterator[Record]:
    for frame in frames:
        if frame.fault:
            yield Record(frame.line, None, frame.fault)
        elif frame.raw.strip():
            try:
                yield Record(frame.line, read(frame.raw))
            except RecordRefused as refused:
                yield Record(frame.line, None, str(refused))


def _flat_or_full(raw: bytes, layout: Layout) -> BatchItem:
    """A record of NDJSON: `selector_values` and `row_data` as a call has them, or columns by name."""
    given = _object(_json(raw.removeprefix(BYTE_ORDER_MARK)), "The record")
    if "row_data" in given:
        selecting = given.get("selector_values")
        if not isinstance(selecting, list) or len(given) > 2:
            raise RecordRefused("The record has to have selector_values, an array, and row_data.")
        return BatchItem(selecting, _object(given["row_data"], "row_data"))
    if not layout.known.issuperset(given):
        raise RecordRefused("The record has a field that is neither a column of the mutator nor selects.")
    return layout.item(given)


def _selected_and_changed(raw: bytes) -> BatchItem:
    """A record of the vendor's format: the selector's values, 0x01, and the changes, both JSON."""
    selecting, separator, changes = raw.partition(b"\x01")
    if not separator:
        raise RecordRefused("The record lacks the byte 0x01 between the selector's values and the changes.")
    values = _json(selecting)
    if not isinstance(values, list | None):
        raise RecordRefused("The selector's values have to be a JSON array.")
    return BatchItem(values or [], _object(_json(changes), "What changes"))


def _object(given: object, what: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise RecordRefused(f"{what} has to be a JSON object.")
    return given


def _json(raw: bytes) -> Any:
    """Read JSON as a request's body is read: of two equal keys the last counts."""
    try:
        read = orjson.loads(raw)
    except orjson.JSONDecodeError:
        fault = _NOT_UTF_8 if _is_not_utf_8(raw) else "The record is no JSON."
        raise RecordRefused(fault) from None
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _depth(read) > DEEPEST:
        raise RecordRefused(f"The record nests arrays and objects deeper than {DEEPEST} levels.")
    return read


def _is_not_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def _depth(read: object) -> int:
    depth, level = 0, [read]
    while level and depth <= DEEPEST:
        containers = [each for each in level if isinstance(each, list | dict)]
        level = [child for each in containers for child in (each.values() if isinstance(each, dict) else each)]
        depth += bool(containers)
    return depth


def _text(raw: bytes) -> str:
    return raw.decode().removesuffix("\r")
