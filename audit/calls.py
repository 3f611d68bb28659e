"""Counting calls in the book: who did what how often, without reading entry by entry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections

from audit.actors import Actor
from audit.errors import AuditorNotConfigured
from audit.queries import AUDITOR

_COUNT = """
select kind, actor_kind, actor_id, facts ->> 'name', count(*), max(recorded_at)
from (
  select kind, actor_kind, actor_id, recorded_at, body::jsonb -> 'facts' as facts
  from audit_entry
  where environment_id = %(environment)s and kind = any(%(kinds)s) and outcome = 'done' and recorded_at >= %(since)s
    and (%(actor)s::uuid is null or actor_id = %(actor)s::uuid)
) as calls
where %(value)s::text is null
  or exists (select from unnest(%(named)s::text[]) as named where facts -> named @> to_jsonb(%(value)s::text))
group by 1, 2, 3, 4
order by 5 desc, 1, 4
"""
_SUM = """
select kind, coalesce(facts ->> %(about)s, ''), actor_kind, actor_id, count(*),
  coalesce(sum((facts ->> %(amount)s)::bigint), 0) as amount, max(recorded_at)
from (
  select kind, actor_kind, actor_id, recorded_at, body::jsonb -> 'facts' as facts
  from audit_entry
  where environment_id = %(environment)s and kind = any(%(kinds)s) and outcome = 'done' and recorded_at >= %(since)s
) as calls
group by 1, 2, 3, 4
order by amount desc, 1, 2
"""


@dataclass(frozen=True, slots=True)
class CallCount:
    """How often one actor made one kind of call; `name` is what the entries call the thing that was called."""

    kind: str
    actor: Actor
    name: str | None
    calls: int
    last_at: datetime


def count_calls(
    *,
    environment_id: UUID,
    kinds: Collection[str],
    since: datetime,
    actor_id: UUID | None = None,
    fact: str | None = None,
    named: Collection[str] = (),
) -> list[CallCount]:
    """Count the calls that went through since a moment, most frequent first.

    Args:
        kinds: names of the events that count as calls.
        actor_id: only calls of this actor.
        fact: a text; only entries of which one of the facts `named` is that text, or a list that holds it.

    Raises:
        AuditorNotConfigured: the book cannot be read here.
    """
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "environment": environment_id,
                "kinds": sorted(kinds),
                "since": since,
                "actor": actor_id,
                "value": fact,
                "named": [*named],
            },
        )
        return [CallCount(row[0], Actor(row[1], row[2]), row[3], row[4], row[5]) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Use:
    """How much one actor did of one kind about one thing; `about` is what the entries' fact says, `amount` a sum."""

    kind: str
    about: str
    actor: Actor
    calls: int
    amount: int
    last_at: datetime


def sum_calls(*, environment_id: UUID, kinds: Collection[str], since: datetime, about: str, amount: str) -> list[Use]:
    """Add up what went through since a moment, largest first.

    Args:
        about: the fact by which calls are told apart.
        amount: the fact with the number to add up.

    Raises:
        AuditorNotConfigured: the book cannot be read here.
    """
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(
            _SUM,
            {"environment": environment_id, "kinds": sorted(kinds), "since": since, "about": about, "amount": amount},
        )
        return [Use(row[0], row[1], Actor(row[2], row[3]), row[4], int(row[5]), row[6]) for row in cursor.fetchall()]


_READ = """
with calls as (
  select facts ->> %(about)s as about, facts, recorded_at
  from (
    select body::jsonb -> 'facts' as facts, recorded_at
    from audit_entry
    where environment_id = %(environment)s and kind = any(%(kinds)s) and outcome = 'done'
      and recorded_at >= %(since)s and strpos(body, %(mark)s) > 0
  ) as entries
  where facts ->> %(about)s = any(%(among)s)
)
select about, count(*), coalesce(sum((facts ->> %(amount)s)::bigint), 0), max(recorded_at),
  (
    select coalesce(array_agg(distinct listed order by listed), '{}')
    from calls as same, jsonb_array_elements_text(coalesce(same.facts -> %(first)s, same.facts -> %(second)s)) as listed
    where same.about = calls.about
  )
from calls group by about
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """How often calls were made about one thing, how much came of it, and everything that a fact of theirs listed."""

    about: str
    calls: int
    amount: int
    last_at: datetime
    named: tuple[str, ...]


def list_calls(
    *,
    environment_id: UUID,
    kinds: Collection[str],
    since: datetime,
    about: str,
    among: Collection[str],
    amount: str,
    named: tuple[str, str],
) -> list[Listed]:
    """Gather the calls of some kinds that went through, by the text of a fact.

    Args:
        about: the fact by which calls are told apart; only those where it is `among` some texts count.
        amount: the fact with the number to add up.
        named: the fact with the list to gather, and the one that stands in for it where an entry lacks it.

    Raises:
        AuditorNotConfigured: the book cannot be read here.
    """
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(
            _READ,
            {
                "environment": environment_id,
                "kinds": sorted(kinds),
                "since": since,
                "about": about,
                "mark": f'"{about}":',
                "among": [*among],
                "amount": amount,
                "first": named[0],
                "second": named[1],
            },
        )
        return [Listed(row[0], row[1], int(row[2]), row[3], tuple(row[4])) for row in cursor.fetchall()]
