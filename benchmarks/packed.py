"""What one row per person would give: the same read, with the same rules, over values packed side by side.

A scratch table behind the wall; a row has the wrapped key, the handle and a body. The body is one header of fixed width
per value (column, ordinal, length, purposes, end) followed by the sealed texts; consent is decided from the headers,
before anything is opened. What the store does for every read is done here by its own functions: keys, places, policy,
the record of every chunk.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import connection, connections
from django.utils import timezone

from audit.recorder import prepare_body
from benchmarks.seeding import ADDRESS, COLUMNS, Store
from governance.authorization import authorize
from governance.policies.facts import CallFacts
from governance.standing import fresh_standing_of
from keyring.keys import subject_key_opener
from keyring.places import cell_prefix
from keyring.walls import in_environment
from keyring.walls.operations import PREDICATE
from userstore.events import ACCESSOR_EXECUTED
from userstore.reading.opening import HANDLE_COLUMN
from userstore.reading.plan import accessor_plan
from userstore.reading.statements import append_prepared

_TABLE = f"""
create table benchmarks_packed (environment_id uuid not null, public_id uuid not null, key_id uuid not null,
    wrapped bytea not null, handle bytea not null, body bytea not null, primary key (environment_id, public_id));
alter table benchmarks_packed enable row level security;
alter table benchmarks_packed force row level security;
create policy environment_wall on benchmarks_packed for all to public using ({PREDICATE}) with check ({PREDICATE});
grant select, insert on benchmarks_packed to sealbook_app;
"""
_PAGE = """
    select (select epoch from governance_environment where id = %s), uuid_send(public_id), uuid_send(key_id), wrapped,
        handle, body
    from benchmarks_packed where environment_id = %s and public_id > %s order by public_id limit 1500
"""
_SUBJECTS = """
    select s.public_id, s.key_id, k.wrapped, s.handle from userstore_subject s
    join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
    where s.environment_id = %s order by s.public_id
"""
_HEADER = struct.Struct(">HHIQQ")
_PURPOSE = 1
"""The benchmark's one purpose, as a bit."""


def pack(store: Store, people: Sequence[dict[str, str]]) -> None:
    """Fill the scratch table with the values of everybody, in the order of their ids, sealed under their own keys."""
    environment_id = store.caller.environment_id
    with connections["owner"].cursor() as owner:
        owner.execute("drop table if exists benchmarks_packed")
        owner.execute(_TABLE)
    key_of, prefix = subject_key_opener(environment_id), cell_prefix(environment_id)
    columns = _columns(store)
    with in_environment(environment_id), psycopg.Cursor(connection.connection) as cursor:
        rows = []
        for (subject, key_id, wrapped, handle), person in zip(
            cursor.execute(_SUBJECTS, [environment_id], binary=True).fetchall(), people, strict=True
        ):
            key, place = key_of(key_id.bytes, wrapped), prefix + subject.bytes
            sealed = [key.seal(person[name].encode(), place + columns[n] + b"\0\1") for n, name in enumerate(COLUMNS)]
            headers = [_HEADER.pack(n, 1, len(each), _PURPOSE, 0) for n, each in enumerate(sealed)]
            body = bytes([len(sealed)]) + b"".join(headers) + b"".join(sealed)
            rows.append((environment_id, subject, key_id, wrapped, handle, body))
        cursor.executemany("insert into benchmarks_packed values (%s, %s, %s, %s, %s, %s)", rows)
    with connections["owner"].cursor() as owner:
        owner.execute("vacuum analyze benchmarks_packed")
    connections["owner"].close()


def packed_read(store: Store) -> Callable[[], list[Any]]:
    """Read everybody from the packed rows as the accessor `Everyone` does; returns the rows."""
    environment_id, columns = store.caller.environment_id, _columns(store)
    prefix, handle_place = cell_prefix(environment_id), HANDLE_COLUMN.bytes

    def page(after: UUID) -> tuple[list[dict[str, str]], UUID]:
        now = timezone.now()
        plan = accessor_plan(fresh_standing_of(environment_id), store.everyone)
        clearance = authorize(store.caller, plan.ask, standing=plan.standing, now=now)
        with in_environment(environment_id), psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(_PAGE, [environment_id, environment_id, after], binary=True)
            rows = cursor.fetchall()
        if rows:
            clearance.expect_epoch(rows[0][0])
        key_of, moment = subject_key_opener(environment_id), int(now.timestamp())
        people, handles = [], []
        for _, subject, key_id, wrapped, handle, body in rows:
            key, place = key_of(key_id, wrapped), prefix + subject
            count = body[0]
            start = 1 + _HEADER.size * count
            person = {}
            for number, ordinal, length, purposes, ends in _HEADER.iter_unpack(body[1:start]):
                if purposes & _PURPOSE and (not ends or ends > moment):
                    at = place + columns[number] + ordinal.to_bytes(2, "big")
                    person[COLUMNS[number]] = key.unseal(body[start : start + length], at).decode()
                start += length
            people.append(person)
            handles.append(key.unseal_lasting(handle, place + handle_place + key_id).hex())
        facts = CallFacts("Execute", store.caller, now, ADDRESS, plan.standing.environment_name, plan.purpose_names)
        if not plan.policy.allows_caller(facts):
            raise RuntimeError("the policy refuses the benchmark")
        entry = prepare_body(
            ACCESSOR_EXECUTED, environment_id=environment_id, actor=store.caller.actor, alike=plan.facts,
            facts={"subjects": handles, "rows": len(people)}, decision_id=clearance.decision_id,
        )  # fmt: skip
        append_prepared(environment_id, entry)
        return people, UUID(bytes=rows[-1][1]) if rows else after

    def run() -> list[Any]:
        everybody: list[dict[str, str]] = []
        written: list[bytes] = []
        after = UUID(int=0)
        while True:
            people, after = page(after)
            if not people:
                return everybody
            written.append(orjson.dumps(people))
            everybody.extend(people)

    return run


def _columns(store: Store) -> list[bytes]:
    definitions = accessor_plan(fresh_standing_of(store.caller.environment_id), store.everyone).definitions
    return [definitions.by_pk[pk].public_id.bytes for pk in store.column_pks]
