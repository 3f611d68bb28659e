"""A checked flow: what runs, between which topics, and what each place holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dataflow.engines.protocol import Table
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
    def personal(self) -> frozenset[str]:
        """Return the categories of personal data in it: those that it may hold, and the tags of its types."""
        return self.holds | categories(self.value) | categories(self.key)


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
class State:
    """Rows by key that a service changes; `row` is plain or has columns.

    `ttl`: seconds after its last change a row is gone, 0 is never. `holds`: categories of personal data that may be in
    rows and keys, which then lie sealed.
    """

    service: str
    name: str
    row: Shape
    ttl: int
    holds: frozenset[str]
    place: Place

    @property
    def table(self) -> Table:
        """What engines know it by."""
        return Table(self.service, self.name, self.ttl * 1000, concealed=bool(self.holds))


@dataclass(frozen=True, slots=True)
class Reading:
    """A state of another service that functions see. `called`: by what name; `lookup`: where a record says of which
    key the row is, None where that is the record's key."""

    called: str
    state: State
    lookup: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One function at work.

    `tainted`: which categories of personal data may be in what comes out, and `key_tainted` in its key. `reads`:
    states of which it sees a row; `changes`: those of which it changes one.
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
    reads: tuple[Reading, ...] = ()
    changes: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Port:
    """A source or a sink with the steps of its own. `tainted`: what may be in records behind these."""

    topic: Topic
    steps: tuple[Step, ...]
    tainted: frozenset[str]
    key_tainted: frozenset[str]
    place: Place
    proof: Native | None = None
    """What looks at every text that leaves by a sink."""
    withholds_key: bool = False
    """Whether records leave by a sink without their key: its source may hold what the sink's topic may not."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service: every record of every source goes through the steps, and to each sink that keeps it.

    `update` changes `states` behind the steps; what it answers goes on to the sinks.
    """

    name: str
    sources: tuple[Port, ...]
    steps: tuple[Step, ...]
    sinks: tuple[Port, ...]
    place: Place
    states: tuple[State, ...] = ()
    update: Step | None = None

    @property
    def every_step(self) -> tuple[Step, ...]:
        """All steps, those of sources first and those of sinks last."""
        before = [step for port in self.sources for step in port.steps]
        behind = [step for port in self.sinks for step in port.steps]
        update = () if self.update is None else (self.update,)
        return (*before, *self.steps, *update, *behind)


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
        return {each.wire_name: each.expires for each in self.topics.values() if each.personal}

    @property
    def holds(self) -> dict[str, frozenset[str]]:
        """Categories of personal data in topics, by their names on the wire."""
        return {each.wire_name: each.personal for each in self.topics.values()}
