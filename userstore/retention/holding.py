"""The legal holds of an environment as everything asks them that destroys, read once per epoch."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.standing import Standing
from keyring.walls import in_environment
from userstore.models import LegalHold


@dataclass(frozen=True, slots=True)
class Hold:
    """What one hold means; a part that is None means any."""

    subject: int | None
    column: int | None
    purpose: int | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holds:
    """Every hold that nobody has released."""

    holds: tuple[Hold, ...]

    def keep(self, subject: int, column: int, purposes: Collection[int], *, now: datetime) -> bool:
        """Say whether a value must not be destroyed."""
        return any(hold.purpose is None or hold.purpose in purposes for hold in self._about(subject, column, now))

    def kept_purposes(self, subject: int, column: int, purposes: Iterable[int], *, now: datetime) -> list[int]:
        """Return for which of its purposes a value must not be destroyed."""
        about = self._about(subject, column, now)
        if any(hold.purpose is None for hold in about):
            return list(purposes)
        named = {hold.purpose for hold in about}
        return [purpose for purpose in purposes if purpose in named]

    def names_column(self, column: int, *, now: datetime) -> bool:
        """Say whether a hold names this column."""
        return any(hold.column == column for hold in self.holds if _is_in_force(hold, now))

    def keep_subject(self, subject: int, *, now: datetime) -> bool:
        """Say whether a hold names this subject."""
        return any(hold.subject == subject for hold in self.holds if _is_in_force(hold, now))

    def _about(self, subject: int, column: int, now: datetime) -> list[Hold]:
        return [
            hold
            for hold in self.holds
            if _is_in_force(hold, now)
            and (hold.subject is None or hold.subject == subject)
            and (hold.column is None or hold.column == column)
        ]


def holds_of(standing: Standing) -> Holds:
    """Return the holds of an environment as of the standing's epoch."""
    return standing.part("legal holds", lambda: _load(standing))


def stored_holds() -> Holds:
    """Return the holds that nobody has released; must run inside the environment."""
    rows = LegalHold.objects.filter(released_at=None)
    return Holds(tuple(Hold(row.subject_id, row.column_id, row.purpose_id, row.ends_at) for row in rows))


def _is_in_force(hold: Hold, now: datetime) -> bool:
    return hold.ends_at is None or hold.ends_at > now


def _load(standing: Standing) -> Holds:
    with in_environment(standing.environment_id):
        return stored_holds()
