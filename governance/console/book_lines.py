"""What people ask the book for, and its entries as lines: shared by its pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from audit.actions.reading import Filters
from audit.bodies import OUTCOMES
from audit.events import declared
from audit.queries import EntryView
from governance.models import Purpose

KNOWN = (
    "kind", "outcome", "actor", "decision", "request", "subject", "accessor", "purpose", "naming", "since", "until",
)  # fmt: skip
LONGEST = 512
SHOWN_NAMES = 4
"""Fields or purposes that a line names, before it counts."""


def used(given: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that are set, as they were typed."""
    return {name: text for name in KNOWN if (text := given.get(name, "").strip()[:LONGEST].replace("\0", ""))}


def choices() -> dict[str, Any]:
    """Return what filters can be chosen from; must run inside the environment."""
    return {
        "kinds": sorted(declared()),
        "outcomes": sorted(OUTCOMES),
        "purposes": list(Purpose.objects.order_by("name").values_list("name", flat=True)),
    }


def filters_of(asked: Mapping[str, str]) -> Filters:
    """Read the filters; one that makes no sense finds nothing rather than everything."""
    return Filters(
        kinds=[asked["kind"]] if "kind" in asked else None,
        outcome=asked.get("outcome"),
        actor_id=_id(asked.get("actor")),
        decision_id=_id(asked.get("decision")),
        request_id=asked.get("request"),
        subject=asked.get("subject"),
        accessor=asked.get("accessor"),
        purpose=asked.get("purpose"),
        naming=_id(asked.get("naming")),
        since=_moment(asked["since"], datetime.max) if "since" in asked else None,
        until=_moment(asked["until"], datetime.min) if "until" in asked else None,
    )


def line_of(entry: EntryView, names: dict[UUID, str]) -> dict[str, Any]:
    """Return an entry as a line of a page."""
    reasons = entry.facts.get("reasons") or []
    return {
        "id": entry.id,
        "url": reverse("book-entry", args=[entry.id]),
        "at": entry.recorded_at,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "actor": names.get(entry.actor.id, entry.actor.kind) if entry.actor.id else entry.actor.kind,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "about": about_of(entry.facts),
        "reasons": "; ".join(str(reason) for reason in reasons),
        "decision": entry.decision_id,
        "request": entry.request_id,
    }


def about_of(facts: Mapping[str, Any]) -> str:
    """Say in few words what an entry is about: its name, else the fields or the rule; how many people; what for."""
    fields = facts.get("columns") or [facts[each] for each in ("column", "detection") if facts.get(each)]
    named = [str(facts["name"])] if facts.get("name") else [_few(fields)] if fields else []
    people = facts.get("subjects")
    if isinstance(people, list) and people:
        named.append("1 person" if len(people) == 1 else f"{len(people)} people")
    purposes = facts.get("purposes") or ([facts["purpose"]] if facts.get("purpose") else [])
    return ", ".join(named) + (f" for {_few(purposes)}" if purposes and named else "")


def _few(names: Sequence[Any]) -> str:
    shown = ", ".join(str(each) for each in names[:SHOWN_NAMES])
    return f"{shown} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else shown


def id_of(text: str) -> UUID:
    """Read an id; what is none becomes one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _id(text: str | None) -> UUID | None:
    return None if text is None else id_of(text)


def _moment(text: str, nothing: datetime) -> datetime:
    """Read a moment, in UTC where it names no zone; what is none becomes one that nothing is after, or before."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        return nothing.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
