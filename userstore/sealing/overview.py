"""Which sealing keys there are, and what was done with them lately; no key is opened for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from audit.calls import Use, count_calls, sum_calls
from governance.models import Client
from keyring.kinds import KeyKind
from keyring.models import WrappedKey
from userstore import events

LOOKED_BACK = timedelta(hours=24)
_USES: Mapping[str, str] = {
    events.VALUES_SEALED.name: "sealed",
    events.VALUES_UNSEALED.name: "unsealed",
    events.VALUES_RESEALED.name: "sealed again",
}
_OPENING = (events.VALUES_UNSEALED.name, events.VALUES_RESEALED.name)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """One key of a client; new values are sealed with the newest alone."""

    key_id: UUID
    version: int
    created_at: datetime
    is_newest: bool


@dataclass(slots=True)
class KeysOfClient:
    """The sealing keys of one client, the newest first."""

    client_id: UUID
    name: str
    is_gone: bool
    keys: list[SealingKey] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Used:
    """What one caller had done with the keys of one client within a day."""

    client_id: str
    caller_id: UUID | None
    what: str
    calls: int
    values: int
    last_at: datetime


def sealing_keys_of(environment_id: UUID) -> list[KeysOfClient]:
    """List every client that has sealing keys, by name; must run inside the environment."""
    names = {str(public_id): name for public_id, name in Client.objects.values_list("public_id", "name")}
    found: dict[str, KeysOfClient] = {}
    rows = WrappedKey.objects.filter(environment_id=environment_id, kind=KeyKind.SERVICE.value).defer("wrapped")
    for row in rows.order_by("scope", "-version"):
        of = found.setdefault(
            row.scope, KeysOfClient(UUID(row.scope), names.get(row.scope, row.scope), row.scope not in names)
        )
        of.keys.append(SealingKey(row.id, row.version, row.created_at, is_newest=not of.keys))
    return sorted(found.values(), key=lambda each: each.name.lower())


def used_lately(environment_id: UUID, *, now: datetime) -> list[Used]:
    """Say who had how many values sealed and unsealed within the last day; raises `AuditorNotConfigured`."""
    uses = sum_calls(
        environment_id=environment_id, kinds=_USES, since=now - LOOKED_BACK, about="client", amount="values"
    )
    return [_used(each) for each in uses]


def openings_of(environment_id: UUID, key_id: UUID, *, now: datetime) -> int:
    """Count the calls of the last day that opened values with a key; raises `AuditorNotConfigured`."""
    counted = count_calls(
        environment_id=environment_id, kinds=_OPENING, since=now - LOOKED_BACK, fact=str(key_id), named=["keys"]
    )
    return sum(each.calls for each in counted)


def _used(use: Use) -> Used:
    return Used(use.about, use.actor.id, _USES[use.kind], use.calls, use.amount, use.last_at)
