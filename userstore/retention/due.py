"""What is over and waits for the purge; counts, no values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore.definitions import definitions_of
from userstore.models import Value
from userstore.models.subjects import LIVE
from userstore.retention.holding import holds_of


@dataclass(slots=True)
class Due:
    """How many values are over for something, how many of these a hold keeps, and what they are over for.

    `purposes` counts by state ("live", "deleted"), column and purpose.
    """

    values: int = 0
    held: int = 0
    purposes: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def due_values(*, now: datetime) -> QuerySet[Value]:
    """The values of which something is over, in the order of their ends; must run inside the environment."""
    return Value.objects.filter(retain_until__lte=now).order_by("retain_until", "pk")


def over(row: Value, *, moment: int) -> dict[int, int]:
    """Return the purposes of a value whose time is over at a moment (Unix seconds), each with its end."""
    return {p: end for p, end in zip(row.purposes, row.expires, strict=True) if end and end <= moment}


def due_of(environment_id: UUID, *, now: datetime) -> Due:
    """Count what a purge would find in an environment."""
    due, moment = Due(), int(now.timestamp())
    with in_environment(environment_id):
        standing = fresh_standing_of(environment_id)
        columns, purposes, holds = definitions_of(standing).by_pk, standing.purposes_by_number, holds_of(standing)
        needed = ("subject_id", "column_id", "purposes", "expires", "state")
        for row in due_values(now=now).only(*needed).iterator(chunk_size=2000):
            ended = over(row, moment=moment)
            due.values += 1
            due.held += holds.keep(row.subject_id, row.column_id, ended, now=now)
            state = "live" if row.state == LIVE else "deleted"
            due.purposes.update((state, columns[row.column_id].name, purposes[number].name) for number in ended)
    return due
