"""Cutting a file into records, a window at a time: nothing here knows what a record says.

A cut takes whole records only, so the place behind it is one from which another process can go on.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field

CSV, NDJSON, USERCLOUDS = "csv", "ndjson", "userclouds"
LONGEST_RECORD = 1_048_576
"""Bytes. One record is one call, and no call may be longer."""
_TOO_LONG = f"The record is longer than {LONGEST_RECORD:,} bytes."
_OPEN_QUOTE = "A quote is opened and never closed."
_CUT_OFF = "The file ends in the middle of this record."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is read on: bytes from its start, the line there, and whether a record too long is being left."""

    offset: int = 0
    line: int = 1
    is_skipping: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one record and the line it begins in; `fault` says why they are none."""

    line: int
    raw: bytes = field(repr=False)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """Records, and the place behind them; no record and the place where it began: a longer window is needed."""

    frames: list[Frame]
    place: Place


@dataclass(frozen=True, slots=True)
class Framing:
    """How records of a format end. In the vendor's format a "line" is a record."""

    ending: bytes
    delimiter: str = ""
    """Between the fields of CSV, where quotes hide the ends of lines; "" in other formats."""

    def cut(self, window: bytes, place: Place, *, is_last: bool, most: int) -> Cut:
        """Cut up to `most` records off the window that begins at `place`; `is_last` where the file ends with it."""
        if place.is_skipping:
            return self._skipped(window, place, is_last=is_last)
        ends = self._quoted_ends if self.delimiter and b'"' in window else self._plain_ends
        frames, start, line = ends(window, place.line, most=most)
        left = len(window) - start
        if len(frames) < most and is_last and left:
            return self._last(window[start:], frames, Place(place.offset + start, line))
        if not frames and left > LONGEST_RECORD:
            return self._too_long(window, place)
        return Cut(frames, Place(place.offset + start, line))

    def _plain_ends(self, window: bytes, line: int, *, most: int) -> tuple[list[Frame], int, int]:
        pieces = window.split(self.ending, most)
        start = len(window) - len(pieces.pop())
        frames = [
            Frame(line + number, piece) if len(piece) <= LONGEST_RECORD else Frame(line + number, b"", _TOO_LONG)
            for number, piece in enumerate(pieces)
        ]
        return frames, start, line + len(frames)

    def _quoted_ends(self, window: bytes, line: int, *, most: int) -> tuple[list[Frame], int, int]:
        """Ends outside quotes: a quote inside a quoted field is doubled (RFC 4180), so an even number has passed.

        A record whose quotes are not closed, or that is none when they are, costs its own first line and no other:
        two lines with a stray quote each hide what stands between them from nobody.
        """
        frames: list[Frame] = []
        start = 0
        while len(frames) < most:
            end = _even_end(window, start)
            if end < 0 and len(window) - start <= LONGEST_RECORD:
                break
            if end < 0 or end - start > LONGEST_RECORD or not self._is_one(window[start:end]):
                end = window.find(b"\n", start)
                if end < 0 or end - start > LONGEST_RECORD or not self._is_one(window[start:end]):
                    break
                frames.append(Frame(line, b"", _OPEN_QUOTE))
            else:
                frames.append(Frame(line, window[start:end]))
            line += window.count(b"\n", start, end + 1)
            start = end + 1
        return frames, start, line

    def _is_one(self, raw: bytes) -> bool:
        """Whether bytes in which lines end are one record."""
        if b"\n" not in raw:
            return True
        try:
            return len(list(csv.reader([raw.decode("latin-1")], delimiter=self.delimiter, strict=True))) == 1
        except csv.Error:
            return False

    def _last(self, rest: bytes, frames: list[Frame], place: Place) -> Cut:
        """What stands behind the last ending: a record like the others, unless a quote is open in it."""
        if len(rest) > LONGEST_RECORD:
            frames.append(Frame(place.line, b"", _TOO_LONG))
            end = rest.find(self.ending) + 1 or len(rest)
            return Cut(frames, Place(place.offset + end, place.line + 1))
        if self.delimiter and (rest.count(b'"') % 2 or not self._is_one(rest)):
            end = rest.find(b"\n") + 1 or len(rest)
            fault = _OPEN_QUOTE if end < len(rest) else _CUT_OFF
            frames.append(Frame(place.line, b"", fault))
            return Cut(frames, Place(place.offset + end, place.line + 1))
        frames.append(Frame(place.line, rest))
        return Cut(frames, Place(place.offset + len(rest), place.line + rest.count(self.ending) + 1))

    def _too_long(self, window: bytes, place: Place) -> Cut:
        behind = self._skipped(window, place, is_last=False)
        return Cut([Frame(place.line, b"", _TOO_LONG)], behind.place)

    def _skipped(self, window: bytes, place: Place, *, is_last: bool) -> Cut:
        """Leave a record that was too long; it is reported already."""
        end = window.find(self.ending)
        if end < 0:
            return Cut([], Place(place.offset + len(window), place.line, is_skipping=not is_last))
        return Cut([], Place(place.offset + end + 1, place.line + 1))


def _even_end(window: bytes, start: int) -> int:
    """Find the first line end from `start` on that an even number of quotes precedes; -1 where there is none."""
    end, quotes, counted = start - 1, 0, start
    while True:
        end = window.find(b"\n", end + 1)
        if end < 0:
            return -1
        quotes += window.count(b'"', counted, end)
        counted = end
        if quotes % 2 == 0:
            return end
        closing = window.find(b'"', end)  # lines without a quote change nothing
        if closing < 0:
            return -1
        end = closing


FORMATS = (CSV, NDJSON, USERCLOUDS)


def framing_of(format_name: str, delimiter: str) -> Framing:
    """Return how the records of a format end; `delimiter` counts in CSV alone."""
    if format_name == CSV:
        return Framing(b"\n", delimiter)
    return Framing(b"\x02" if format_name == USERCLOUDS else b"\n")
