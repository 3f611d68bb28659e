"""Which builds did what: the book asked by the program instead of by the caller."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from audit.actors import Actor, Build
from audit.errors import AuditorNotConfigured
from audit.queries import AUDITOR

MOST_BUILDS = 1500
_COUNT = """
select digest, commit, build_id, kind, actor_kind, actor_id, count(*), min(recorded_at), max(recorded_at)
from (
  select kind, actor_kind, actor_id, recorded_at, body::jsonb #>> '{actor,build,digest}' as digest,
    body::jsonb #>> '{actor,build,commit}' as commit, body::jsonb #>> '{actor,build,id}' as build_id,
    body::jsonb -> 'facts' as facts
  from audit_entry
  where environment_id = %(environment)s and body like '{"actor":{"build":{%%'
    and kind = any(%(kinds)s) and outcome = 'done' and recorded_at >= %(since)s
) as calls
where exists (select from unnest(%(named)s::text[]) as named where facts -> named @> to_jsonb(%(value)s::text))
group by 1, 2, 3, 4, 5, 6
order by 9 desc, 1, 4, 6
limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class BuildUse:
    """How often one caller did one kind of thing with one build."""

    build: Build
    kind: str
    actor: Actor
    calls: int
    first_at: datetime
    last_at: datetime


def builds_that_touched(
    *, environment_id: UUID, kinds: Collection[str], since: datetime, fact: str, named: Collection[str]
) -> list[BuildUse]:
    """Return which builds made calls since a moment, latest first, at most `MOST_BUILDS`: one query.

    Args:
        kinds: names of the events that count as calls.
        fact: a text; only entries of which one of the facts `named` is that text, or a list that holds it.

    Raises:
        AuditorNotConfigured: the book cannot be read here.
    """
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    asked: dict[str, Any] = {
        "environment": environment_id, "kinds": sorted(kinds), "since": since, "value": fact, "named": [*named],
        "most": MOST_BUILDS,
    }  # fmt: skip
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(_COUNT, asked)
        return [
            BuildUse(Build(row[0], row[1], UUID(row[2]) if row[2] else None), row[3], Actor(row[4], row[5]), *row[6:])
            for row in cursor.fetchall()
        ]
