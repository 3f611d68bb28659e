"""What the analysis remembers between accesses: plain values under text keys, so that it can be kept in a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

HANDLED = "handled"
"""actor:subject -> when an explained access to them was last (seconds)."""
COLUMN = "column"
"""actor:column and role/role:column -> when it was first seen (seconds)."""
DAY = "day"
"""actor:day -> the members of `Tally`."""
WATCHED = "watched"
"""subject -> people at work who looked without an explanation, each with when (seconds)."""
GRANT = "grant"
"""grant -> request, ticket, grantee."""
REQUEST = "request"
"""request -> who asked when, for which reason and ticket."""
SAID = "said"
"""actor -> their last justifications: [seconds, request, ticket, people, sketch]."""
DECLARED = "declared"
"""actor -> when they declared emergencies (seconds)."""
APPROVED = "approved"
"""approver -> their last approvals: [seconds, requester, seconds that it took]."""
USED = "used"
"""grant -> who used it last without a delegation: [actor, seconds]."""
ASKED = "asked"
"""actor:subject -> the day on which nothing explained a look last; a person counts once a day."""
COLLEAGUES = "colleagues"
"""actor -> days (ordinals) of looks at colleagues that nothing explained."""
AGAIN = "again"
"""actor:subject -> days (ordinals) of looks that nothing explained."""
OWN = "own"
"""actor -> tickets that they opened themselves and used at once: [seconds, reference]."""
ORDINAL = "ordinal"
"""subject -> which number they have among those who were stored since the analysis looks on; under "": how many."""
HOME = "home"
"""client -> the environment that it was first seen in."""

LATE = "late"
"""day -> entries of it that were seen after it was over: [first place, last place, last place when it was closed]."""
EVERYBODY = ""
"""The key under which is remembered what is of all together."""

KEPT = timedelta(days=90)
_BACK = tuple(timedelta(days=back) for back in range(KEPT.days + 1))


@dataclass(slots=True)
class Tally:
    """What an actor did on a day. People are counted once for each access."""

    looks: int = 0
    people: int = 0
    unexplained: int = 0
    rows: int = 0
    searches: int = 0
    grounded: int = 0
    """Looks for which a ticket, a queue or a grant was the reason, at least for one of the people."""
    scheduled: int = 0
    """People whom a registered job looked at as it was registered."""

    @property
    def kept(self) -> list[int]:
        return [
            self.looks, self.people, self.unexplained, self.rows, self.searches, self.grounded, self.scheduled,
        ]  # fmt: skip

    @property
    def unscheduled(self) -> int:
        """How many people it were beside those whom a registration covers."""
        return self.people - self.scheduled


@dataclass(slots=True)
class Memory:
    """The values by topic and key, and which of them changed."""

    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    changed: set[tuple[str, str]] = field(default_factory=set)
    known_columns: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    """Actors with columns that were looked at already, so that each access need not look again."""
    _days: dict[str, dict[date, Tally]] = field(default_factory=dict)
    _changed_days: set[tuple[str, date]] = field(default_factory=set)

    def get(self, topic: str, key: str) -> Any:
        """Return what is remembered; None where that is nothing."""
        return self.values.get((topic, key))

    def keep(self, topic: str, key: str, value: Any) -> None:
        self.values[topic, key] = value
        self.changed.add((topic, key))

    def keep_first(self, topic: str, key: str, value: Any) -> None:
        if (topic, key) not in self.values:
            self.keep(topic, key, value)

    def note(self, topic: str, key: str, item: list[Any], *, most: int) -> list[list[Any]]:
        """Add an item to a list, which keeps the last ones; return the list."""
        items = [*(self.get(topic, key) or ()), item][-most:]
        self.keep(topic, key, items)
        return items

    def recall(self, rows: Iterable[tuple[str, str, Any]]) -> None:
        """Take up what was kept."""
        for topic, key, value in rows:
            self.values[topic, key] = value
            if topic == DAY:
                actor, _, day = key.rpartition(":")
                self._days.setdefault(actor, {})[date.fromisoformat(day)] = Tally(*value)

    def tally(self, actor: str, day: date) -> Tally:
        """Return the tally of an actor's day."""
        days = self._days.get(actor)
        if days is None:
            days = self._days[actor] = {}
        found = days.get(day)
        if found is None:
            found = days[day] = Tally()
        return found

    def count(self, actor: str, day: date) -> Tally:
        """Return the tally of an actor's day to be counted on, and have it kept."""
        self._changed_days.add((actor, day))
        return self.tally(actor, day)

    def settle(self) -> Iterator[tuple[str, str, Any]]:
        """Yield what has to be kept, and forget that it changed."""
        for topic, key in sorted(self.changed):
            yield topic, key, self.values[topic, key]
        for actor, day in sorted(self._changed_days):
            yield DAY, f"{actor}:{day.isoformat()}", self.tally(actor, day).kept
        self.changed.clear()
        self._changed_days.clear()

    def days_before(self, actor: str, day: date, *, most: int) -> list[Tally]:
        """Return an actor's days before one, the oldest first, from the first that is known, quiet ones included."""
        days = self._days.get(actor, {})
        begun = min(days, default=day)
        if begun >= day:
            return []
        length = min(most, (day - begun).days)
        return [days.get(day - _BACK[back]) or Tally() for back in range(length, 0, -1)]

    def actors(self) -> list[str]:
        """Return everybody of whom a day is known."""
        return sorted(self._days)

    def actors_on(self, day: date) -> list[str]:
        """Return everybody of whom something is known on a day."""
        return sorted(actor for actor, days in self._days.items() if day in days)

    def forget(self, before: date) -> None:
        """Forget days before one, for who goes through years of a company at once."""
        for days in self._days.values():
            for day in [each for each in days if each < before]:
                del days[day]


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())
