"""Days of a company's entries with their leaves, in bulk: as nobody writes them but a benchmark."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier, Literal

ENTRIES = int(os.environ.get("SEALBOOK_BENCH_ENTRIES", "1000000"))
"""A million are three days of a company that has 10 million in 30 days, which the bars are about."""
MONTH = 10_000_000
DAYS = max(1, ENTRIES * 30 // MONTH)
ACTORS, PEOPLE = 2_000, 20_000

# Three shifts of people, each with three accessors of which one is most of their work; of a hundred entries 94 are
# reads, one is a refusal.
_FILL = """
insert into {table} (id, recorded_at, environment_id, kind, outcome, actor_kind, actor_id, decision_id, request_id,
                     subject_count, subjects, body)
select id, at, {environment}, kind, outcome, 'operator', actor, decision, request, 1, array[person], format(
    '{{"actor":{{"id":"%s","kind":"operator"}},"at":"%s","decision":"%s","environment":"%s","facts":{{"accessor":"%s",'
    '"columns":["name","phone","address"],"denied":0,"faults":0,"looked_at":1,"name":"GetCustomerRecord",'
    '"purposes":["%s","support"],"reasons":["right: group-right-12"],"rows":1,"selector":"{{id}} = ANY(?)",'
    '"subjects":["%s"],"version":3,"withheld":0}},"id":"%s","kind":"%s","outcome":"%s","request_id":"%s","v":1}}',
    actor, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), decision, {environment}, accessor, purpose,
    person, id, kind, outcome, request)
from (
    select at, gen_random_uuid() as id, gen_random_uuid() as decision, md5(number::text) as request,
        md5('actor' || who)::uuid as actor, md5('accessor' || (who + own) % 30)::uuid as accessor,
        (array['operational', 'billing', 'fraud'])[(who + own) % 3 + 1] as purpose,
        md5('person' || floor(random() * {people})) as person,
        case when random() < 0.01 then 'refused' else 'done' end as outcome,
        (array['subject.sought', 'mutator.executed', 'operator.signed_in'])[floor(random() * 50) + 1] as other
    from (
        select number, {begin} + number * ({days} * interval '1 day' / {entries}) as at,
            (floor(random() * {actors} / 3) * 3
                + floor(extract(hour from {begin} + number * ({days} * interval '1 day' / {entries})) / 8))::int as who,
            floor(random() ^ 4 * 3)::int as own
        from generate_series(0::bigint, {entries} - 1) as series (number)
    ) timed
) drawn, lateral (select coalesce(other, 'accessor.executed') as kind) named
"""
_LEAVES = """
insert into audit_leaf (index, entry_id, recorded_at, hash)
select {first} + row_number() over (order by recorded_at, id) - 1, id, recorded_at,
    sha256('\\x00'::bytea || convert_to(body, 'UTF8')) from {table}
"""


@dataclass(frozen=True, slots=True)
class Days:
    """What was filled in: the entries lie at the places from `first` on, from `begin` on."""

    environment_id: UUID
    begin: datetime
    first: int
    size: int

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.begin + timedelta(days=DAYS)


@cache
def fill_days(environment_id: UUID) -> Days:
    """Write days of the month before the running one, once a run, and attach them as its partition."""
    with psycopg.connect(os.environ["BENCHMARK_ADMIN_URL"], options="-c timezone=UTC") as connection:
        this_month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        begin = (this_month - timedelta(days=1)).replace(day=1)
        table = Identifier(f"audit_entry_{begin:%Y%m}")
        like = "create table {} (like audit_entry including defaults including constraints including storage)"
        connection.execute(SQL(like).format(table))
        values = {
            "environment": SQL("{}::uuid").format(Literal(str(environment_id))),
            "begin": SQL("{}::timestamptz").format(Literal(begin)),
            "days": Literal(DAYS),
            "entries": Literal(ENTRIES),
            "actors": Literal(ACTORS),
            "people": Literal(PEOPLE),
        }
        connection.execute(SQL(_FILL).format(table=table, **values))
        (first,) = connection.execute("select coalesce(max(index) + 1, 0) from audit_leaf").fetchone() or (0,)
        connection.execute(SQL(_LEAVES).format(table=table, first=Literal(first)))
        connection.execute(SQL("select audit_guard({}::regclass)").format(Literal(f"audit_entry_{begin:%Y%m}")))
        attach = SQL("alter table audit_entry attach partition {} for values from ({}) to ({})")
        connection.execute(SQL("alter table {} owner to sealbook_owner").format(table))
        connection.execute(attach.format(table, Literal(begin), Literal(this_month)))
    with psycopg.connect(os.environ["BENCHMARK_ADMIN_URL"], autocommit=True) as connection:
        connection.execute(SQL("vacuum analyze {}").format(table))
        connection.execute("vacuum analyze audit_entry, audit_leaf")
    return Days(environment_id, begin, first, ENTRIES)
