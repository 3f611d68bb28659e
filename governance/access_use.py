"""How access was used: what was granted beside what was really read, as the book has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.calls import Listed, list_calls
from governance.breakglass.showing import Names
from governance.identities import Caller
from governance.models import Grant
from keyring.walls import in_environment

LOOKED_BACK = timedelta(days=90)
MOST_GRANTS = 500
_READ = ("accessor.executed", "accessor.unmasked")
"""Floors above record them; their fact `grant` names the grant that a read was made under."""


@dataclass(frozen=True, slots=True)
class GrantUse:
    """What came of one grant: how often something was read, in how many rows, and which columns."""

    calls: int
    rows: int
    columns: tuple[str, ...]
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class EarlierUse:
    """Grants of the last 90 days for the same reason through the same accessor, at most 500: granted, and used."""

    grants: int
    used: int
    granted_columns: dict[str, int]
    """Names of columns, and in how many grants each was granted."""
    read_columns: dict[str, int]
    """Names of columns, and under how many grants each was really read."""

    @property
    def never_read(self) -> list[str]:
        """Names of columns that were granted and that nobody read."""
        return [name for name in self.granted_columns if name not in self.read_columns]


def earlier_use(caller: Caller, reason: str, accessor_id: UUID, now: datetime) -> EarlierUse:
    """Return what earlier grants with a reason gave through an accessor, and what of it was used.

    It says nothing of people, so whoever may see a request may see it. Raises `AuditorNotConfigured`.
    """
    since = now - LOOKED_BACK
    with in_environment(caller.environment_id):
        rows = Grant.objects.filter(request__reason=reason, accessor_id=accessor_id, created_at__gte=since)
        granted = {row.pk: row.columns for row in rows.order_by("-created_at")[:MOST_GRANTS]}
        names = Names().columns(accessor_id, sorted({column for columns in granted.values() for column in columns}))
    read = _read(caller, list(granted), since=since)
    return EarlierUse(
        grants=len(granted),
        used=len(read),
        granted_columns=_counted([names[column] for column in columns] for columns in granted.values()),
        read_columns=_counted(found.named for found in read.values()),
    )


def use_of_grant(caller: Caller, grant: Grant) -> GrantUse:
    """Return what was read under one grant. Raises `AuditorNotConfigured`."""
    found = _read(caller, [grant.pk], since=grant.created_at).get(str(grant.pk))
    if found is None:
        return GrantUse(0, 0, (), None)
    return GrantUse(found.calls, found.amount, found.named, found.last_at)


def _read(caller: Caller, grants: Collection[UUID], *, since: datetime) -> dict[str, Listed]:
    if not grants:
        return {}
    found = list_calls(
        environment_id=caller.environment_id,
        kinds=_READ,
        since=since,
        about="grant",
        among=[str(grant) for grant in grants],
        amount="rows",
        named=("plain", "columns"),
    )
    return {each.about: each for each in found}


def _counted(lists: Iterable[Iterable[str]]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for names in lists:
        for name in {name for name in names if name}:
            counted[name] = counted.get(name, 0) + 1
    return dict(sorted(counted.items(), key=lambda each: (-each[1], each[0])))
