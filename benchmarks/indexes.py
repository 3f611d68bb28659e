"""What the indexes of the book cost an append, and what it would cost whoever kept them behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.sql import SQL

AT_ONCE, ROUNDS = 2_000, 20
_BARE = """
create table bench_entry (like audit_entry including defaults including constraints including storage)
    partition by range (recorded_at);
alter table bench_entry add primary key (recorded_at, id);
create table bench_entry_default partition of bench_entry default;
alter table bench_entry owner to sealbook_owner;
alter table bench_entry enable row level security;
alter table bench_entry force row level security;
create policy append_own on bench_entry for insert to sealbook_app
    with check (environment_id = nullif(current_setting('sealbook.environment', true), '')::uuid);
grant insert on bench_entry to sealbook_app;
"""
_FUNCTION = "select pg_get_functiondef('audit_append'::regproc)"
_SEARCHED = "create table bench_searched (like audit_entry including defaults)"
_INDEXES = "select indexdef from pg_indexes where tablename = 'audit_entry' and not indexdef like '% UNIQUE %'"
_WRITE = """
insert into bench_searched (recorded_at, id, xid, environment_id, kind, outcome, actor_kind, actor_id, decision_id,
                            request_id, subject_count, subjects, body)
select now() + number * interval '1 ms', uuidv7(), pg_current_xact_id(), %(environment)s, 'accessor.executed', 'done',
    'client', md5((number %% 2000)::text)::uuid, uuidv7(), md5(random()::text), 1, array[md5(random()::text)], ''
from generate_series(1, %(rows)s) as series (number)
"""


@contextmanager
def bare_table() -> Iterator[None]:
    """Have `bench_append`, which does what `audit_append` does into a table that its primary key alone indexes."""
    with psycopg.connect(os.environ["BENCHMARK_ADMIN_URL"], autocommit=True) as admin:
        (text,) = admin.execute(_FUNCTION).fetchone() or ("",)
        admin.execute(SQL(_BARE))
        admin.execute(text.replace("audit_append", "bench_append").replace("public.audit_entry", "public.bench_entry"))
        yield
        admin.execute("drop function bench_append")
        admin.execute("drop table bench_entry")


def cost_of_indexing_behind(environment: UUID) -> float:
    """Return the µs of PostgreSQL's CPU an entry that its rows to search by would take, written many at once.

    It is the difference that the book's indexes but the primary key make to rows without bodies.
    """
    with psycopg.connect(os.environ["BENCHMARK_ADMIN_URL"], autocommit=True) as admin:
        definitions = [row[0].partition(" USING ")[2] for row in admin.execute(_INDEXES)]
        return _cost(admin, environment, definitions) - _cost(admin, environment, [])


def _cost(admin: psycopg.Connection, environment: UUID, definitions: Sequence[str]) -> float:
    admin.execute(_SEARCHED)
    for definition in definitions:
        admin.execute(SQL("create index on bench_searched using {}").format(SQL(definition)))
    wanted = {"environment": environment, "rows": AT_ONCE}
    admin.execute(_WRITE, wanted)
    before = backend_cpu(admin)
    for _ in range(ROUNDS):
        admin.execute(_WRITE, wanted)
    told = (backend_cpu(admin) - before) / (AT_ONCE * ROUNDS) * 1e6
    admin.execute("drop table bench_searched")
    return told


def backend_cpu(connection: psycopg.Connection) -> float:
    """Return the seconds of CPU that the server's process of a connection has used (proc(5))."""
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
