"""Opening the file of an import: its head is read once, then records come from any place on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from governance.standing import standing_of
from userstore.importing.errors import FileUnfit
from userstore.importing.framing import CSV, LONGEST_RECORD, NDJSON, USERCLOUDS, Frame, Framing, Place, framing_of
from userstore.importing.instructions import Instructions, instructions_of
from userstore.importing.layout import layout_of
from userstore.importing.records import Reader, csv_header, names_in_records, reader_of, vendor_head
from userstore.importing.sources import Source
from userstore.models import Import
from userstore.reading.calls import CallContext
from userstore.writing.plan import mutator_plan

_WINDOW = 262_144
_LOOKED_AT = 1000
"""Records of NDJSON in which fields are looked for."""


@dataclass(frozen=True, slots=True)
class OpenImport:
    """An import whose file can be read: what was asked, completed by what the file's head says."""

    instructions: Instructions
    source: Source
    framing: Framing
    size: int
    body: Place
    """Where the first record begins."""
    read: Reader

    def frames(self, place: Place, *, most: int) -> tuple[list[Frame], Place]:
        """The next records as bytes, up to `most`, and the place behind; none where the file ends or one is skipped."""
        return frames_from(self.source, self.framing, place, size=self.size, most=most)


def opened(row: Import, source: Source, *, asked: Instructions | None = None) -> OpenImport:
    """Open the file of an import, as of the epoch the process knows.

    Args:
        asked: what to read it as, where that is only tried; else what the import was asked to do.

    Raises:
        FileUnfit: the head of the file does not fit what was asked.
        NotFound: there is no such mutator.
    """
    asked = asked or instructions_of(row)
    framing = framing_of(asked.format, asked.delimiter)
    heads = {CSV: 1, USERCLOUDS: 2}.get(asked.format, 0)
    frames: Sequence[Frame] = []
    body = Place()
    if heads:
        frames, body = frames_from(source, framing, body, size=row.size, most=heads)
    if any(frame.fault for frame in frames):
        raise FileUnfit("The first line of the file cannot be read.")
    if asked.format == USERCLOUDS:
        asked = _completed(asked, frames)
        return OpenImport(asked, source, framing, row.size, body, reader_of(asked, None, ()))
    if asked.mutator_id is None:
        raise FileUnfit("The import names no mutator.")
    header = csv_header(frames[0], asked.delimiter) if frames else None
    if asked.format == CSV and header is None:
        raise FileUnfit("The file is empty.")
    plan = mutator_plan(standing_of(row.environment_id), asked.mutator_id)
    return OpenImport(
        asked, source, framing, row.size, body, reader_of(asked, layout_of(asked, plan, header), header or ())
    )


def field_names(row: Import, source: Source) -> list[str]:
    """Return the names of a file's fields, of NDJSON those that its first records have; none where there are none.

    Raises:
        FileUnfit: the first line cannot be read.
    """
    asked = instructions_of(row)
    if asked.format == USERCLOUDS:
        return []
    most = 1 if asked.format == CSV else _LOOKED_AT
    frames, _ = frames_from(source, framing_of(asked.format, asked.delimiter), Place(), size=row.size, most=most)
    if asked.format == NDJSON:
        return names_in_records(frames)
    if not frames or frames[0].fault:
        raise FileUnfit("The first line of the file cannot be read.")
    return csv_header(frames[0], asked.delimiter)


def frames_from(source: Source, framing: Framing, place: Place, *, size: int, most: int) -> tuple[list[Frame], Place]:
    """Cut records off a source from a place on."""
    for window in (_WINDOW, LONGEST_RECORD + 1):
        content = source.read(place.offset, min(window, size - place.offset))
        if not content:
            return [], place
        cut = framing.cut(content, place, is_last=place.offset + len(content) >= size, most=most)
        if cut.frames or cut.place != place:
            break
    return cut.frames, cut.place


def _completed(asked: Instructions, frames: Sequence[Frame]) -> Instructions:
    """The vendor's file says itself which mutator writes it, in which context."""
    mutator_id, claimed = vendor_head(frames)
    if asked.mutator_id not in (None, mutator_id):
        raise FileUnfit("The file names another mutator than the import.")
    return replace(asked, mutator_id=mutator_id, context=CallContext(asked.context.address, claimed, asked.context.via))
