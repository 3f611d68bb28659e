"""What a detection is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from audit.analysis.accesses import Access
from audit.analysis.facts import Facts
from audit.analysis.memory import Memory

Severity = Literal["info", "low", "medium", "high", "critical"]
Action = Literal["inform", "review", "contain"]
MOST_EVIDENCE = 50
"""Entries that an alert names; the count goes on."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """An access with what explains it, and whom of its people nothing explains."""

    access: Access
    explanations: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    is_explained: bool = True
    handled: tuple[str, ...] = ()
    """Those with whom a ticket, a queue or a grant has to do: who was dealt with lately is not among them for that."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a rule decides by and an environment may set, from `least` to `most`."""

    name: str
    default: float
    least: float
    most: float
    means: str


@dataclass(slots=True)
class Context:
    """What a rule may look at beside the access: facts, and what is remembered of earlier accesses."""

    facts: Facts
    memory: Memory
    thresholds: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Rule -> what was set here; its own numbers where nothing was."""
    shared: dict[tuple[str, date], Any] = field(default_factory=dict)
    """What several rules work out of the same day, while it is looked at."""

    def value(self, rule_id: str, parameter: Parameter) -> float:
        """Return the number that a rule decides by in this environment."""
        return self.parameters.get(rule_id, {}).get(parameter.name, parameter.default)

    def role(self, actor: str) -> str:
        """Return the group that somebody is compared with: who has the same role, else all others without one."""
        person = self.facts.staff.get(actor)
        return person.role or person.team if person else ""


@dataclass(slots=True)
class Day:
    """The accesses of one day (UTC), in the order of the book."""

    date: date
    seen: list[Seen] = field(default_factory=list)

    @property
    def begins(self) -> datetime:
        return datetime(self.date.year, self.date.month, self.date.day, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Signal:
    """That a rule found something: about whom, how strong the evidence is (nats), and which entries show it."""

    key: str
    nats: float
    evidence: tuple[Access, ...]
    actor: str = ""
    subject: str = ""
    at: datetime | None = None
    why: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """An example that comes with a rule: accesses, in a day or over several, and whether it finds something in them."""

    name: str
    fires: bool
    accesses: tuple[Access, ...]
    facts: Callable[[], Facts] = Facts


StreamRule = Callable[[Seen, Context], Iterable[Signal]]
BatchRule = Callable[[Day, Context], Iterable[Signal]]


@dataclass(frozen=True, slots=True)
class Detection:
    """One rule of the analysis.

    `needs` names the fields that it reads; a stream rule is given the `operations` it names (all, where it names none).
    `threshold` signals of one key within `dedup_minutes` make one alert.
    """

    id: str
    version: int
    title: str
    severity: Severity
    action: Action
    dedup_minutes: int
    needs: tuple[str, ...]
    runbook: str
    tests: tuple[Case, ...]
    rule: StreamRule | None = None
    batch: BatchRule | None = None
    operations: frozenset[str] = frozenset()
    only_unexplained: bool = False
    """Whether a stream rule looks at people alone whom nothing explains; it is not asked where there are none."""
    threshold: int = 1
    parameters: tuple[Parameter, ...] = ()

    def window_start(self, at: datetime) -> datetime:
        """Return when the window began that a moment is in; windows are counted from 1970."""
        length = timedelta(minutes=self.dedup_minutes)
        return EPOCH + (at - EPOCH) // length * length


@dataclass(slots=True)
class Alert:
    """One rule's signals of one key in one window. It is raised once they are as many as the threshold."""

    id: UUID
    rule: str
    version: int
    severity: str
    action: str
    key: str
    window_start: datetime
    threshold: int
    at: datetime
    actor: str = ""
    actor_kind: str = ""
    grant: str = ""
    subject: str = ""
    count: int = 0
    nats: float = 0.0
    why: dict[str, str | int] = field(default_factory=dict)
    evidence: dict[int, UUID] = field(default_factory=dict)
    """Index in the tree -> id of the entry."""

    @property
    def is_raised(self) -> bool:
        return self.count >= self.threshold

    def absorb(self, signal: Signal) -> None:
        """Take up a signal; one whose evidence is known already says nothing new but what it says of itself."""
        fresh = {each.index: each.entry_id for each in signal.evidence if each.index not in self.evidence}
        if fresh or not self.count:
            self.count += 1
        room = MOST_EVIDENCE - len(self.evidence)
        self.evidence.update(list(fresh.items())[:room])
        self.nats = max(self.nats, signal.nats)
        self.why.update(signal.why)


def alert_id(rule: str, version: int, key: str, window_start: datetime, *, scope: str = "") -> UUID:
    """Return the id that the same alert always has, whoever finds it how often; `scope` is the environment's."""
    text = f"{scope}\0{rule}\0{version}\0{key}\0{window_start.isoformat()}"
    number = int.from_bytes(sha256(text.encode()).digest()[:16], "big")
    return UUID(int=number & ~(0xF << 76 | 0b11 << 62) | 0x8 << 76 | 0b10 << 62)  # RFC 9562, 5.8
