"""What an engine promises, so that flows run alike on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

from dataflow.deadletters.letters import DeadLetters
from dataflow.engines.frames import BREAK, Record


class Message(NamedTuple):
    """One record of a topic. `id` is the engine's own."""

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


class Route(NamedTuple):
    """Where every record of a service goes that keeps to the shortest way, and what counts it."""

    topics: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]


class Whole(NamedTuple):
    """What became of an entry of which each record is put out to all of a route: a line in the place of its line."""

    route: Route
    lines: bytes


Outcome: TypeAlias = "Whole | Sequence[Done]"
"""What became of an entry: of all its records alike, or of each of them."""


class Entry(NamedTuple):
    """Records that came together and are acknowledged together; most often it is one.

    `lines` has them joined by line breaks where none has a key or a line break of its own; else `records` has them.
    """

    id: bytes
    lines: bytes | None
    records: Sequence[Record] = ()

    def messages(self) -> list[Message]:
        """Return its records one by one."""
        found = self.records if self.lines is None else [(None, each) for each in self.lines.split(BREAK)]
        id_ = self.id.decode()
        if len(found) == 1:
            return [Message(id_, *found[0])]
        return [Message(f"{id_}.{number}", *each) for number, each in enumerate(found)]


class Batch(NamedTuple):
    """Entries of one topic that this worker has been given and nobody else is working on."""

    topic: str
    entries: Sequence[Entry]

    @property
    def messages(self) -> list[Message]:
        """All records of all entries."""
        return [message for each in self.entries for message in each.messages()]


class Table(NamedTuple):
    """The rows of one state: of which service, and for how many milliseconds after its last change a row is there.

    `concealed`: rows hold personal data and lie sealed, keys as keyed hashes.
    """

    service: str
    name: str
    ttl: int
    concealed: bool


class Row(NamedTuple):
    """A row as it is: its value, None where there is none, and what the engine tells this version of it by."""

    value: Any
    version: bytes = b""


class Change(NamedTuple):
    """A row that was worked with: what it was, and what becomes of it, where anything does.

    `value` None is a row that is deleted.
    """

    table: Table
    key: str
    was: Row
    is_changed: bool
    value: Any


class Overtaken(Exception):
    """Another worker changed a row or acknowledged an entry meanwhile: nothing of the batch is committed.

    `left` is what nobody has acknowledged, and is to be worked on anew.
    """

    def __init__(self, left: Batch) -> None:
        super().__init__("another worker was faster")
        self.left = left


class Intake(Protocol):
    """One worker's end of a service: entries come, and what became of them is committed."""

    def take(self, *, most: int, wait: float) -> Batch | None:
        """Return the next entries, those first that a worker before left unfinished; None after `wait` seconds.

        Args:
            most: about how many records, where a topic's entries have one each.
        """

    def look_ahead(self, *, most: int) -> None:
        """Ask for the next entries, so that they come while others are committed; an engine may do nothing here."""

    @property
    def is_ahead(self) -> bool:
        """Whether entries were asked for that nobody has taken yet; who ends with them leaves them to others."""

    def renew(self) -> None:
        """Keep what this worker was given although it waits or takes long, from any thread; to be called every 10 s."""

    def rows(self, table: Table, keys: Sequence[str]) -> list[Row]:
        """Return the rows of some keys as they are committed."""

    def refuses(self, output: Output) -> str:
        """Say why the engine cannot write an output; empty where it can."""

    def committing(
        self, batch: Batch, outcomes: Sequence[Outcome], changes: Sequence[Change] = ()
    ) -> Callable[[], int]:
        """Write outputs, dead letters and counters, and acknowledge, all of an entry or nothing of it.

        It is begun here or when what is returned is called, once and soon; that waits until it is done, and returns how
        many records it was: of the others somebody else was faster, and nothing of them is written. With `changes` it
        is all of the batch or nothing: where a row is not what it was, or an entry is acknowledged, it raises
        `Overtaken`.
        """


class Engine(Protocol):
    """Topics, and who reads them."""

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> Intake:
        """Return a worker's end; `topics` are names on the wire, each with where reading begins the first time."""

    def consume(self, topic: str, *, beginning: bool, wait: float | None) -> Iterator[Message]:
        """Yield a topic's records; after the last one wait for more, or end where `wait` is None."""

    def counters(self, flow: str) -> dict[str, dict[str, int]]:
        """Return a flow's counters with their fields; `dead-letters` has `replayed` and `dropped`."""

    def rows(self, flow: str, table: Table) -> Iterator[tuple[str, Any]]:
        """Yield the keys of a state with their rows, in no order."""


class Broker(Engine, Protocol):
    """An engine whose topics others write to as well, so that what failed can be put back."""

    def produce(self, topic: str, records: Sequence[tuple[bytes | None, bytes]]) -> int:
        """Append records to a topic; return how many."""

    def letters(self, flow: str) -> DeadLetters:
        """Return a flow's dead letters."""
