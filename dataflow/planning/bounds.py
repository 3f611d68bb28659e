"""How much there may be in one flow: each piece of code has a process of its own, and each service one that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dataflow.functions.protocol import Builtin
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.spec import FlowFile, Inline, Partition, Service, Step

MOST_SERVICES, MOST_TOPICS = 100, 1_000
MOST_STEPS = 1_000
"""Operators of all services."""
MOST_CODE = 100
"""Pieces of code and functions of packages of all services, each counted once."""
APART = "Make two flows of it: topics can be named in both."


def must_be_bounded(file: FlowFile, builtins: Mapping[str, Builtin]) -> None:
    """Raise `FileRefused` where a flow has more parts than are planned and run."""
    steps = [each for service in file.services.values() for each in _steps_of(service)]
    faults = [
        *_beyond([each.place for each in file.services.values()], MOST_SERVICES, "services"),
        *_beyond([each.place for each in file.topics.values()], MOST_TOPICS, "topics"),
        *_beyond([each.place for each in steps], MOST_STEPS, "operators"),
        *_beyond(_pieces(steps, builtins), MOST_CODE, "pieces of code"),
    ]
    if faults:
        raise FileRefused(faults)


def _beyond(places: list[Place], most: int, what: str) -> Iterator[Fault]:
    if len(places) > most:
        yield Fault(places[most], "", f"a flow has at most {most:,} {what}, and here are {len(places):,}", APART)


def _pieces(steps: list[Step], builtins: Mapping[str, Builtin]) -> list[Place]:
    """Return where each piece of code stands first."""
    first: dict[tuple[str, str], Place] = {}
    for each in steps:
        code = each.code
        if isinstance(code, Inline):
            first.setdefault((code.language, code.source), each.place)
        elif code.name not in builtins:
            first.setdefault(("", code.name), each.place)
    return list(first.values())


def _steps_of(service: Service) -> Iterator[Step]:
    for port in (*service.sources, *service.sinks):
        yield from port.transforms
    yield from service.transforms
    yield from _of_partition(service.partition)
    if service.window is not None:
        window = service.window
        yield from (each for each in (window.assign_timestamp, window.flush) if each is not None)
        yield from window.transforms
        yield from _of_partition(window.partition)


def _of_partition(partition: Partition | None) -> Iterator[Step]:
    if partition is not None:
        yield from (each for each in (partition.assign_key, partition.update_state) if each is not None)
        yield from partition.transforms
