"""The retention settings of an environment as writes use them, read once per epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from governance.models import Purpose
from governance.standing import Standing
from keyring.walls import in_environment
from userstore.models import Column, RetentionDuration
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.durations import AT_ONCE, FOREVER, Duration

Ends = Mapping[int, int]
"""Purpose number to Unix seconds, 0 for no end."""
_Scope = tuple[int | None, int | None]
_BUILT_IN = {LIVE: FOREVER, SOFT_DELETED: AT_ONCE}


@dataclass(frozen=True)
class Schedule:
    """How long values are kept, by state and by (column, purpose), (None, purpose) or (None, None): narrowest first."""

    durations: Mapping[tuple[int, _Scope], Duration]
    _known: dict[tuple[int, _Scope], Duration] = field(default_factory=dict)

    def duration_of(self, state: int, column: int | None, purpose: int | None) -> Duration:
        """Return how long a value of a column is kept for a purpose, once it is in this state."""
        asked = (state, (column, purpose))
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = self._narrowest(state, column, purpose)
        return found

    def ends(self, column: int, consents: Ends, since: Ends) -> list[int]:
        """Return until when a live value is permitted for each purpose: the consent's end or the time it is kept."""
        return [
            earliest(until, self.duration_of(LIVE, column, purpose).end_after(since[purpose]))
            for purpose, until in consents.items()
        ]

    def kept_after(self, column: int, ended: Ends, *, now: int) -> dict[int, int]:
        """Return for which purposes a value is kept as a deleted one, and until when.

        Args:
            ended: when it ended for each purpose, Unix seconds.
        """
        kept = {p: self.duration_of(SOFT_DELETED, column, p).end_after(moment) for p, moment in ended.items()}
        return {purpose: until for purpose, until in kept.items() if until > now}

    def without(self, state: int, scope: _Scope) -> Schedule:
        """The same without what is set for exactly one scope, by keys of column and purpose."""
        return Schedule({place: kept for place, kept in self.durations.items() if place != (state, scope)})

    def having(self, state: int, scope: _Scope, duration: Duration) -> Schedule:
        """The same with a duration set for one scope, by keys of column and purpose."""
        return Schedule({**self.durations, (state, scope): duration})

    def _narrowest(self, state: int, column: int | None, purpose: int | None) -> Duration:
        for scope in ((column, purpose), (None, purpose), (None, None)):
            if found := self.durations.get((state, scope)):
                return found
        return _BUILT_IN[state]


def schedule_of(standing: Standing) -> Schedule:
    """Return the settings of an environment as of the standing's epoch."""
    return standing.part("retention", lambda: _load(standing))


def stored_schedule() -> Schedule:
    """Return the settings as they are stored now; must run inside the environment."""
    return schedule_from(RetentionDuration.objects.all())


def every_pair() -> list[tuple[int, int]]:
    """Return every column with every purpose, by key; must run inside the environment."""
    purposes = list(Purpose.everything.values_list("pk", flat=True))
    return [
        (column, purpose)
        for column in Column.objects.filter(is_system=False).values_list("pk", flat=True)
        for purpose in purposes
    ]


def schedule_from(rows: Iterable[RetentionDuration]) -> Schedule:
    """Return the schedule that these settings make."""
    return Schedule({(row.state, (row.column_id, row.purpose_id)): Duration(row.unit, row.amount) for row in rows})


def earliest(*ends: int) -> int:
    """Return the first of several ends, where 0 is none."""
    return min((end for end in ends if end), default=0)


def moment_of(ends: Sequence[int]) -> datetime | None:
    """Return when the first of a value's purposes ends, None where none does."""
    first = earliest(*ends)
    return datetime.fromtimestamp(first, UTC) if first else None


def _load(standing: Standing) -> Schedule:
    with in_environment(standing.environment_id):
        return stored_schedule()
