"""How much there may be in one flow: each piece of code has a process of its own, and each service one that works."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from dataflow.functions.protocol import Builtin
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.spec import FlowFile, Inline, Partition, Service, Step
from dataflow.schemas.shapes import Shape

MOST_SERVICES, MOST_TOPICS = 100, 1_000
MOST_STEPS = 1_000
"""Operators of all services."""
MOST_CODE = 100
"""Pieces of code and functions of packages of all services, each counted once."""
MOST_WORK = 10_000_000
"""Parts of types that operators are planned with, ten times each, and once more for each value of their parameters."""
MOST_NAMED = 20
"""Names that a message lists."""
APART = "Make two flows of it: topics can be named in both."


class Work:
    """How much was planned so far: each operator is held against the whole type that comes to it."""

    def __init__(self) -> None:
        self._done = 0

    def take(self, step: Step, shape: Shape) -> None:
        """Count one more operator. Raises `FileRefused` where all together are too much."""
        told = {} if isinstance(step.code, Inline) else step.code.parameters
        values = sum(len(each) if isinstance(each, list) else 1 for each in told.values())
        self._done += shape.extent.size * (10 + values)
        if self._done > MOST_WORK:
            says = (
                "operators before this one, with their parameters and the types that come to them, are too many to plan"
            )
            raise FileRefused([Fault(step.place, "", says, APART)])


def named(names: Collection[str]) -> str:
    """Return names as a message lists them: the first ones, and how many there are more."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(islice(names, MOST_NAMED)) + more


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
