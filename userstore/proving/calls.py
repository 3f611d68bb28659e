"""Calls as officers see them: who acted, through what, how long and how often; of the person nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.breakglass.showing import Names
from governance.rights import latest_moment
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore.models import SubjectProof
from userstore.proving.endings import BY_ITSELF, REASONS

WAITS, OPEN, OVER = "waits", "open", "over"
MOST_LISTED = 1500


@dataclass(frozen=True, slots=True)
class SeenCall:
    """One call: where it stands, until when it counts, and, where it ended before its time, how and by whom."""

    id: UUID
    operator: str
    accessor: str
    purpose: str
    sent_at: datetime
    proved_at: datetime | None
    until: datetime
    reads: int
    state: str
    ending: str
    ended_by: str

    @property
    def is_living(self) -> bool:
        """Whether there is anything to end."""
        return self.state != OVER


def calls_of(environment_id: UUID, *, now: datetime) -> list[SeenCall]:
    """Return the calls of the last day or so in an environment, those that live first, then the newest."""
    moment = latest_moment(fresh_standing_of(environment_id), now)
    with in_environment(environment_id):
        rows = SubjectProof.objects.select_related("account", "accessor", "purpose", "ended_by")
        names = Names()
        calls = [_seen(row, names, moment) for row in rows[:MOST_LISTED]]
    return sorted(calls, key=lambda call: not call.is_living)


def _seen(row: SubjectProof, names: Names, now: datetime) -> SeenCall:
    return SeenCall(
        id=row.pk,
        operator=names.account(row.account),
        accessor=row.accessor.name,
        purpose=row.purpose.name,
        sent_at=row.made_at,
        proved_at=row.proved_at,
        until=row.not_after if row.ended_at is None else min(row.not_after, row.ended_at),
        reads=row.reads,
        state=_state(row, row.moment(now)),
        ending={**BY_ITSELF, **REASONS}.get(row.ending, ""),
        ended_by=names.account(row.ended_by) if row.ended_by else "",
    )


def _state(row: SubjectProof, moment: datetime) -> str:
    if not row.is_living(moment):
        return OVER
    return OPEN if row.is_open(moment) else WAITS
