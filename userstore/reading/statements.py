"""The statements of the hot path, prepared once per connection, and what their parameters and rows look like."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID, SafeUUID

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.types.string import ByteaBinaryLoader

from audit.errors import AuditUnavailable
from audit.recorder import APPEND_PARAMETER_TYPES, APPEND_SQL_NUMBERED, EntryRow, must_be_in_time
from governance.errors import EpochMoved
from keyring.walls.prepared import Prepared, RowMaker, run_prepared

_UUID, _UUIDS, _INT8, _INT8S, _INT2, _INT4, _TIMESTAMP = 2950, 2951, 20, 1016, 21, 23, 1184
_PLACE = (_UUID, _TIMESTAMP, _UUID, _INT4)
_FIRST_MOMENT, _LAST_MOMENT = -(2**63), 2**63 - 1  # -infinity and infinity
_LOWEST, _HIGHEST = UUID(int=0), UUID(int=2**128 - 1)
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_new_uuid, _UNKNOWN = object.__new__, SafeUUID.unknown
_set_number: Callable[[UUID, int], None] = vars(UUID)["int"].__set__
_set_safety: Callable[[UUID, SafeUUID], None] = vars(UUID)["is_safe"].__set__

_TEXTS: dict[str, tuple[str, tuple[int, ...]]] = {
    "read_subjects": ("select * from userstore_read_subjects($1, $2, $3, $4)", (_UUID, _UUIDS, _INT8S, _INT2)),
    "read_page": ("select * from userstore_read_page($1, $2, $3)", (_UUID, _UUID, _INT4)),
    **{
        f"read_page_{way}": (f"select * from userstore_read_page_{way}($1, $2, $3, $4)", _PLACE)  # noqa: S608  our own names
        for way in ("id_down", "created_up", "created_down", "updated_up", "updated_down")
    },
    "read_cells": ("select * from userstore_read_cells($1, $2, $3, $4)", (_UUID, _INT8S, _INT8S, _INT2)),
    "append": (APPEND_SQL_NUMBERED, APPEND_PARAMETER_TYPES),
    "append_at_epoch": (
        f"{APPEND_SQL_NUMBERED} from public.governance_environment where id = $1 and epoch = $12",
        (*APPEND_PARAMETER_TYPES, _INT8),
    ),
}


class _Undecoded:
    """Leaves ids, times and arrays as the bytes they came in: most are only compared, joined or never looked at."""

    def __init__(self) -> None:
        self.connection = None
        self.adapters = AdaptersMap(psycopg.adapters)
        for oid in (_UUID, _INT8S, _TIMESTAMP):
            self.adapters.register_loader(oid, ByteaBinaryLoader)


_undecoded = _Undecoded()
_STATEMENTS = {name: Prepared(name, text, types, _undecoded) for name, (text, types) in _TEXTS.items()}


def read_subjects(
    *, environment_id: UUID, subject_ids: Sequence[UUID], column_pks: Sequence[int], state: int
) -> list[tuple[Any, ...]]:
    """Fetch subjects by public id with their cells and the environment's epoch, in one statement."""
    parameters = [environment_id.bytes, uuid_array(subject_ids), int8_array(column_pks), struct.pack(">h", state)]
    return _execute("read_subjects", parameters)


def read_page(
    *, environment_id: UUID, along: str, falls: bool, moment: int | None, beyond: UUID | None, limit: int
) -> list[tuple[Any, ...]]:
    """Fetch the next subjects along an index (id, created or updated), one row each, and the environment's epoch.

    They come up or down from beyond a subject; `moment` is its place, in microseconds since 2000, where the index has
    one.
    """
    if along == "id" and not falls:
        after = (beyond or _LOWEST).bytes
        return _execute("read_page", [environment_id.bytes, after, struct.pack(">i", limit)])
    first_moment, first_id = (_LAST_MOMENT, _HIGHEST) if falls else (_FIRST_MOMENT, _LOWEST)
    if along == "id" and beyond is not None:
        beyond = UUID(int=beyond.int - 1)  # this statement's place is the highest id that is wanted
    place = [struct.pack(">q", first_moment if moment is None else moment), (beyond or first_id).bytes]
    name = f"read_page_{along}_{'down' if falls else 'up'}"
    return _execute(name, [environment_id.bytes, *place, struct.pack(">i", limit)])


def read_cells(
    *, environment_id: UUID, subject_pks: Sequence[int], column_pks: Sequence[int], state: int, make: RowMaker
) -> list[Any]:
    """Fetch the cells of subjects by primary key, each with the environment's epoch, as `make` makes them of tuples."""
    parameters = [environment_id.bytes, int8_array(subject_pks), int8_array(column_pks), struct.pack(">h", state)]
    return _execute("read_cells", parameters, make)


def append_prepared(environment_id: UUID, row: EntryRow) -> None:
    """Append one entry of the book; committed when this returns, unless a transaction is open around it.

    Raises:
        AuditUnavailable: the database did not take it, so nothing may leave.
    """
    _append("append", row.binary(environment_id))


def append_at_epoch(environment_id: UUID, row: EntryRow, *, epoch: int) -> None:
    """Append like `append_prepared` if the environment still is at this epoch; for calls that read nothing else of it.

    Raises:
        EpochMoved: it is at another one, and nothing was appended.
        AuditUnavailable: the database did not take it, so nothing may leave.
    """
    if not _append("append_at_epoch", [*row.binary(environment_id), struct.pack(">q", epoch)]):
        raise EpochMoved(None)


def _append(name: str, parameters: Sequence[bytes | None]) -> list[tuple[Any, ...]]:
    begun = monotonic()
    try:
        appended = _execute(name, parameters)
    except psycopg.Error as error:
        raise AuditUnavailable from error
    must_be_in_time(begun)
    return appended


def uuid_array(values: Sequence[UUID]) -> bytes:
    """Encode a one-dimensional uuid[] in PostgreSQL's binary format."""
    if not values:
        return struct.pack(">iii", 0, 0, _UUID)
    return struct.pack(">iiiii", 1, 0, _UUID, len(values), 1) + b"".join(
        b"\x00\x00\x00\x10" + value.bytes for value in values
    )


def int8_array(values: Sequence[int]) -> bytes:
    """Encode a one-dimensional int8[] in PostgreSQL's binary format."""
    if not values:
        return struct.pack(">iii", 0, 0, 20)
    lengths = [8] * (2 * len(values))
    lengths[1::2] = values
    return struct.pack(">iiiii" + "iq" * len(values), 1, 0, 20, len(values), 1, *lengths)


def int8s_of(encoded: bytes) -> tuple[int, ...]:
    """Decode a one-dimensional int8[] from PostgreSQL's binary format."""
    # array_recv in arrayfuncs.c: dimensions, flags, type; then length and lower bound; then size and element each.
    return tuple(number for _, number in struct.iter_unpack(">iq", encoded[20:]))


def uuid_of(encoded: bytes) -> UUID:
    """Decode a uuid. The class's own constructor looks at five kinds of arguments, which takes three times as long."""
    found = _new_uuid(UUID)
    _set_number(found, int.from_bytes(encoded, "big"))
    _set_safety(found, _UNKNOWN)
    return found


def timestamp_of(encoded: bytes) -> datetime:
    """Decode a timestamptz from PostgreSQL's binary format: microseconds since the year 2000."""
    return _POSTGRES_EPOCH + timedelta(microseconds=int.from_bytes(encoded, "big", signed=True))


def _execute(name: str, parameters: Sequence[bytes | None], make: RowMaker = tuple) -> list[Any]:
    return run_prepared(_STATEMENTS[name], parameters, make)
