"""The book beside the board: the entry that just happened, and the newest ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit import queries
from audit.errors import AuditorNotConfigured, EntryNotFound
from governance.models import Account
from governance.standing import Standing

_RECENT = 8
_SHORT = 3


@dataclass(frozen=True, slots=True)
class BoardEntry:
    """One entry as the board shows it; names instead of ids where the environment knows them."""

    id: str
    kind: str
    outcome: str
    at: datetime
    actor: str
    facts: list[tuple[str, str]]
    decision: str
    how: str


def shown_entry(standing: Standing, entry_id: UUID | None) -> BoardEntry | None:
    """Return one entry; None where none is asked for or nobody may read the book here."""
    if entry_id is None:
        return None
    try:
        return _shown(queries.entry(environment_id=standing.environment_id, entry_id=entry_id), standing)
    except (AuditorNotConfigured, EntryNotFound):
        return None


def recent_entries(standing: Standing) -> list[BoardEntry]:
    """Return the newest entries of the environment."""
    try:
        found = queries.entries(environment_id=standing.environment_id, limit=_RECENT)
    except AuditorNotConfigured:
        return []
    return [_shown(entry, standing) for entry in found]


def _shown(entry: Any, standing: Standing) -> BoardEntry:
    facts = dict(entry.facts)
    how = str(facts.pop("via", ""))
    return BoardEntry(
        id=str(entry.id),
        kind=entry.kind,
        outcome=entry.outcome,
        at=entry.recorded_at,
        actor=_actor(entry, standing),
        facts=[(name.replace("_", " "), _text(value)) for name, value in facts.items() if value not in ([], None)],
        decision=str(entry.decision_id or ""),
        how=how,
    )


def _actor(entry: Any, standing: Standing) -> str:
    client = standing.clients.get(entry.actor.id) if entry.actor.id else None
    if client is not None:
        return f"client {client.name}"
    account = Account.objects.filter(pk=entry.actor.id).first() if entry.actor.kind == "operator" else None
    return f"operator {account.username}" if account else str(entry.actor.kind)


def _text(value: Any) -> str:
    if isinstance(value, list):
        texts = [str(item) for item in value]
        more = f" and {len(texts) - _SHORT} more" if len(texts) > _SHORT else ""
        return ", ".join(texts[:_SHORT]) + more
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
