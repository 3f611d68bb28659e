"""The shortest way through a service: lines go in and lines come out, many at once, and no record is taken apart.

It is there where every source and sink has raw texts and all between are built-in functions that work on lines. What it
does not manage goes the long way (`program.py`), and both make the same of every record.
"""

from __future__ import annotations

from collections.abc import Sequence

from dataflow.engines.frames import BREAK
from dataflow.engines.protocol import Entry, Outcome, Route, Whole
from dataflow.functions.protocol import Joined, KeepsJson
from dataflow.planning.plan import Native, Port, Service, Step
from dataflow.running.still_json import are_sound
from dataflow.schemas.shapes import TEXT

FEWEST = 8
"""Lines that are not divided any more where one among them needs more care."""


class Shortcut:
    """The functions of a service, one behind the other."""

    def __init__(self, route: Route, functions: Sequence[Joined]) -> None:
        self.route, self._functions = route, functions
        self._keeps_json = all(isinstance(each, KeepsJson) for each in functions)

    def run(self, given: bytes) -> bytes | None:
        """Return what becomes of lines, a line for each, or None where any of them has to go the long way."""
        lines = given
        try:
            if not given.isascii():
                given.decode()
        except UnicodeDecodeError:
            return None
        for function in self._functions:
            found = function(lines)
            if found is None:
                return None
            lines = found
        if lines.count(BREAK) != given.count(BREAK):
            return None
        return lines if self._keeps_json or are_sound(given, lines) else None

    def run_each(self, lines: Sequence[bytes]) -> list[bytes | None]:
        """Return what becomes of each line, None where one has to go the long way; few are held up by it."""
        if not lines:
            return []
        found = self.run(BREAK.join(lines))
        if found is not None:
            return list(found.split(BREAK))
        if len(lines) <= FEWEST:
            return [None] * len(lines)
        half = len(lines) // 2
        return self.run_each(lines[:half]) + self.run_each(lines[half:])


def along(way: Shortcut, entries: Sequence[Entry]) -> list[Outcome | None]:
    """Return what becomes of entries on the shortest way; None for each that has to go the long one."""
    lines = [each.lines for each in entries if each.lines is not None]
    in_frames = BREAK.join(lines).count(BREAK) >= len(lines)
    told = [way.run(each) for each in lines] if in_frames else way.run_each(lines)
    found = iter([None if each is None else Whole(way.route, each) for each in told])
    return [None if each.lines is None else next(found) for each in entries]


def shortcut(service: Service, counts: tuple[tuple[str, str], ...]) -> Shortcut | None:
    """Return the shortest way through a service where it has one.

    Args:
        counts: the counters that a record raises which succeeds everywhere.
    """
    if service.update is not None or not all(_is_plain(port) for port in (*service.sources, *service.sinks)):
        return None
    functions = [_on_lines(step) for step in service.steps]
    if None in functions:
        return None
    topics = tuple(port.topic.wire_name for port in service.sinks)
    return Shortcut(Route(topics, counts), [each for each in functions if each is not None])


def _is_plain(port: Port) -> bool:
    does_more = bool(port.steps) or port.proof is not None or port.withholds_key
    return port.topic.converter == "raw" and port.topic.value == TEXT and not does_more


def _on_lines(step: Step) -> Joined | None:
    if step.operator != "map" or not isinstance(step.body, Native) or (step.takes, step.gives) != (TEXT, TEXT):
        return None
    return step.body.builtin.joined(step.body.parameters)
