"""What the log has signed and who has cosigned it, as the auditor finds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections

from audit.errors import AuditorNotConfigured
from audit.queries import AUDITOR

_SEALS = """
select s.size, encode(s.root, 'hex'), s.made_at,
    array(select c.witness from audit_cosignature c where c.size = s.size order by c.witness)
from audit_signedcheckpoint s order by s.size desc limit %s
"""
_WITNESSES = """
with recursive known as (
    (select witness from audit_cosignature order by witness limit 1)
    union all
    select (select c.witness from audit_cosignature c where c.witness > known.witness order by c.witness limit 1)
    from known where known.witness is not null
)
select known.witness, last.size, last.made_at from known
cross join lateral (
    select c.size, c.made_at from audit_cosignature c where c.witness = known.witness order by c.size desc limit 1
) last order by known.witness
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """One checkpoint: how large the book was, its root in hexadecimal digits, and who cosigned it."""

    size: int
    root: str
    made_at: datetime
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """What a witness cosigned last, and when."""

    name: str
    size: int
    made_at: datetime


def last_seals(most: int) -> list[Seal]:
    """Return the last checkpoints, the newest first. Raises `AuditorNotConfigured`."""
    return [Seal(size, root, made_at, tuple(names)) for size, root, made_at, names in _rows(_SEALS, [most])]


def witnesses_seen() -> list[WitnessSeen]:
    """Return every witness that ever cosigned a checkpoint. Raises `AuditorNotConfigured`."""
    return [WitnessSeen(*row) for row in _rows(_WITNESSES, [])]


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
