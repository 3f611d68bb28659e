"""The bulk read in process, against fetching, decrypting and writing the same values without any governance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.utils import timezone

from benchmarks.bars import Report, interleaved, medians, ratio, seconds_of
from benchmarks.seeding import ADDRESS, COLUMNS, SUBJECTS, Store
from keyring.environment_keys import unwrap
from keyring.keys import KeyKind
from keyring.places import cell_prefix
from keyring.walls import in_environment
from keyring.wrapping import KeyLabel
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import stream_accessor

_SAME_ROWS = """
    select s.key_id, uuid_send(s.public_id), k.wrapped, v.column_id, uuid_send(v.id), v.sealed
    from userstore_subject s
    join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
    join userstore_value v on v.environment_id = s.environment_id and v.subject_id = s.id
        and v.column_id = any(%s::bigint[]) and v.state = 0
    where s.environment_id = %s order by s.public_id, v.column_id, v.ordinal
"""
_PAGE_OF_SUBJECTS = 1500


def measure_bulk(store: Store, report: Report) -> None:
    """Bulk: every value of every subject, keys remembered by both sides; then again with every key to unwrap."""
    floor, bulk = floor_read(store), bulk_read(store)
    assert len(floor()) == len(bulk()) == SUBJECTS
    found = interleaved({"floor": seconds_of(floor), "bulk": seconds_of(bulk)})
    rate = {name: f"{SUBJECTS * len(COLUMNS) / each / 1000:.0f} k values/s" for name, each in medians(found).items()}
    report.bar(
        "bulk accessor in process, of fetch + decrypt + orjson",
        100 * ratio(found, "floor", "bulk"),
        ">=",
        42,
        "%",
        f"{rate['bulk']}, floor {rate['floor']}",
    )


def floor_read(store: Store) -> Callable[[], list[Any]]:
    """The fastest way to the same texts that keeps no rule: one statement, binary, key objects remembered."""
    environment_id = store.caller.environment_id
    prefix = cell_prefix(environment_id)
    columns = {pk: (_column_bytes(store, pk), name) for pk, name in zip(store.column_pks, COLUMNS, strict=True)}
    opened: dict[Any, Any] = {}

    def run() -> list[Any]:
        people: list[dict[str, str]] = []
        written: list[bytes] = []
        with in_environment(environment_id), psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(_SAME_ROWS, [list(store.column_pks), environment_id], binary=True)
            rows = cursor.fetchall()
        last, person = None, dict[str, str]()
        decrypt: Any
        for key_id, subject, wrapped, column_pk, value, sealed in rows:
            if subject != last:
                last, person = subject, {}
                people.append(person)
                decrypt = opened.get(key_id)
                if decrypt is None:
                    key = unwrap(wrapped, KeyLabel(environment_id, key_id, KeyKind.SUBJECT, "", 1))
                    decrypt = opened[key_id] = AESGCM(key).decrypt
            column, name = columns[column_pk]
            place = sealed[:17] + prefix + subject + column + value
            person[name] = decrypt(sealed[17:29], sealed[29:], place).decode()
        for start in range(0, len(people), _PAGE_OF_SUBJECTS):
            written.append(orjson.dumps(people[start : start + _PAGE_OF_SUBJECTS]))
        return people

    return run


def _column_bytes(store: Store, pk: int) -> bytes:
    from governance.standing import standing_of
    from userstore.definitions import definitions_of

    return definitions_of(standing_of(store.caller.environment_id)).by_pk[pk].public_id.bytes


def bulk_read(store: Store) -> Callable[[], list[Any]]:
    """The product's own read: policy, consent per value, places, one committed entry of the book per chunk."""
    call = AccessorCall(store.caller, store.everyone, (), CallContext(address=ADDRESS))

    def run() -> list[Any]:
        people: list[dict[str, str]] = []
        written: list[bytes] = []
        for rows in stream_accessor(call, clock=timezone.now):
            written.append(orjson.dumps(rows.rows))
            people.extend(rows.rows)
        return people

    return run
