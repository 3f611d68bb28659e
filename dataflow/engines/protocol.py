"""What an engine promises, so that flows run alike on all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """One record of a topic. `id` is the engine's own: later ones are greater within a topic."""

    id: str
    key: bytes | None
    value: bytes


class Output(NamedTuple):
    """A record that is to be written to a topic, by the topic's name on the wire."""

    topic: str
    key: bytes | None
    value: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one message: what it puts out, and which counters go up by one.

    `failure` says why in a word for people where it failed; it then puts out nothing and goes to the dead letters.
    """

    outputs: tuple[Output, ...] = ()
    counts: tuple[tuple[str, str], ...] = ()
    """Pairs of a counter's name, as in `service/step`, and its field, `succeeded` or `failed`."""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one topic that this worker has been given and nobody else is working on."""

    topic: str
    messages: Sequence[Message] = field(default=())


class Intake(Protocol):
    """One worker's end of a service: messages come, and what became of them is committed."""

    def take(self, *, most: int, wait: float) -> Batch | None:
        """Return the next messages, those first that a worker before left unfinished; None after `wait` seconds."""

    def commit(self, batch: Batch, done: Sequence[Done]) -> int:
        """Write outputs, dead letters and counters, and acknowledge, all of a message or nothing of it.

        Returns how many messages that was: of the others somebody else was faster, and nothing of them is written.
        """


class Engine(Protocol):
    """Topics, and who reads them."""

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> Intake:
        """Return a worker's end; `topics` are names on the wire, each with where reading begins the first time."""

    def produce(self, topic: str, records: Sequence[tuple[bytes | None, bytes]]) -> int:
        """Append records to a topic; return how many."""

    def consume(self, topic: str, *, beginning: bool, wait: float | None) -> Iterator[Message]:
        """Yield a topic's records; after the last one wait for more, or end where `wait` is None."""

    def counters(self, flow: str) -> dict[str, dict[str, int]]:
        """Return a flow's counters with their fields."""
