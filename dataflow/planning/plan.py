"""A checked flow: what runs, between which topics, and what each place holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dataflow.functions.protocol import Builtin
from dataflow.grammar.faults import Fault, Place
from dataflow.grammar.spec import Consumer, Converter, Inline, Meta
from dataflow.packages.library import Input
from dataflow.schemas.shapes import Shape, categories


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with its types. `holds` are the categories of personal data that it may hold, for `expires` seconds.

    `frame`: how many records are written as one entry; 0 is each on its own.
    """

    name: str
    wire_name: str
    key: Shape | None
    value: Shape
    converter: Converter
    consumer: Consumer
    frame: int
    holds: frozenset[str]
    expires: int

    @property
    def is_personal(self) -> bool:
        """Say whether personal data may be in it: by what it may hold, or by the tags of its types."""
        return bool(self.holds | categories(self.value) | categories(self.key))


@dataclass(frozen=True, slots=True)
class Native:
    """A built-in function with its parameters."""

    builtin: Builtin
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Coded:
    """Code with the function in it that is called."""

    code: Inline
    function: str


Body: TypeAlias = Native | Coded


@dataclass(frozen=True, slots=True)
class Step:
    """One function at work.

    `tainted`: which categories of personal data may be in what comes out, and `key_tainted` in its key.
    """

    name: str
    operator: str
    body: Body
    inputs: tuple[Input, ...]
    takes: Shape
    gives: Shape
    gives_key: bool
    tainted: frozenset[str]
    key_tainted: frozenset[str]
    place: Place


@dataclass(frozen=True, slots=True)
class Port:
    """A source or a sink with the steps of its own. `tainted`: what may be in records behind these."""

    topic: Topic
    steps: tuple[Step, ...]
    tainted: frozenset[str]
    key_tainted: frozenset[str]
    place: Place


@dataclass(frozen=True, slots=True)
class Service:
    """A service: every record of every source goes through the steps, and to each sink that keeps it."""

    name: str
    sources: tuple[Port, ...]
    steps: tuple[Step, ...]
    sinks: tuple[Port, ...]
    place: Place

    @property
    def every_step(self) -> tuple[Step, ...]:
        """All steps, those of sources first and those of sinks last."""
        before = [step for port in self.sources for step in port.steps]
        behind = [step for port in self.sinks for step in port.steps]
        return (*before, *self.steps, *behind)


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked flow. `not_yet` names what is planned but does not run in this release."""

    meta: Meta
    topics: Mapping[str, Topic]
    services: tuple[Service, ...]
    not_yet: tuple[Fault, ...]
    purpose: str
    subject: str

    @property
    def frames(self) -> dict[str, int]:
        """How many records of each topic, by its name on the wire, are written as one entry."""
        return {each.wire_name: each.frame for each in self.topics.values()}

    @property
    def sealed(self) -> dict[str, int]:
        """Topics that may hold personal data, by their names on the wire, with the seconds after which each expires."""
        return {each.wire_name: each.expires for each in self.topics.values() if each.is_personal}
