"""An import of new people, against INSERTs of the same rows one by one, and against sealing the same values alone.

The INSERTs are psycopg's `executemany`, sent as psycopg sends them (a pipeline, the statement prepared after its fifth
row): the same rows, sealed already, into the same tables behind the same walls by the same role, in transactions of as
many people. They have nothing to read, to check, to decide or to record: whatever an import does besides is on its own
account. A worker's peak memory is measured in a process of its own.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from os import urandom
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, connections, transaction
from django.db.models import Model
from django.utils import timezone

from benchmarks.bars import Report, interleaved, medians, ratio
from benchmarks.seeding import ADDRESS, COLUMNS, Store
from benchmarks.stage import ROOT
from governance.actions.builtin import ALLOW_ALL
from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import Environment, GraphObject, Purpose
from keyring.models import WrappedKey
from keyring.walls import in_environment
from userstore.actions.importing.advancing import Importing
from userstore.actions.imports import ask_import, run_import
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.uploads import take_in
from userstore.importing.instructions import Instructions
from userstore.models import Column, ConsentRecord, Subject, Value
from userstore.reading.calls import CallContext
from userstore.writing.batch import NEWCOMERS

PEOPLE = 8_000
VALUES_IN_MEMORY = int(os.environ.get("SEALBOOK_BENCH_IMPORTED", "100000"))
"""Values of the import during which the worker's memory is measured."""
_MOST_MEGABYTES = 200
_PREPARED_AFTER = 5
"""How often psycopg sends a statement before it prepares it, unless somebody says otherwise."""
_WORKER = """
import sys
from uuid import UUID

import django

django.setup()
from django.utils import timezone

from config.collector import settle
from userstore.actions.importing.advancing import Importing

settle()
importing = Importing(*map(UUID, sys.argv[1:]))
while not (step := importing.step(now=timezone.now())).is_idle:
    pass
print(step.row.state, step.row.values_written)
with open("/proc/self/status") as status:
    print(next(line for line in status if line.startswith("VmHWM:")).split()[1])
"""
_ROUNDS = 3
_TABLES: tuple[type[Model], ...] = (WrappedKey, Subject, GraphObject, Value, ConsentRecord)
"""Where an import of new people leaves rows."""


def measure_importing(store: Store, report: Report) -> None:
    """Importing: a CSV file, sealed already, of people nobody knows, three texts each; everything an import does."""
    instructions = _instructions(store)
    imported: list[tuple[UUID, ...]] = []

    def import_case() -> float:
        ids, content = _file()
        imported.append(ids)
        return _imported(store, instructions, content)

    def insert_case() -> float:
        return _inserted(store, imported[-1])

    found = interleaved({"import": import_case, "insert": insert_case, "encrypt": _encrypted}, rounds=_ROUNDS)
    rate = {name: f"{PEOPLE * len(COLUMNS) / each / 1000:.1f} k values/s" for name, each in medians(found).items()}
    report.bar(
        "import of new people, of INSERTs of the same rows one by one",
        ratio(found, "insert", "import"),
        ">=",
        2.5,
        "x",
        f"{rate['import']}, executemany (pipelined, prepared; rows sealed already) {rate['insert']}",
    )
    report.bar(
        "import of new people, of AES-GCM of the same values alone",
        100 * ratio(found, "encrypt", "import"),
        ">=",
        28,
        "%",
        f"encrypt-only {rate['encrypt']}",
    )
    report.bar(
        "most memory of a worker that imports",
        _worker_megabytes(store, instructions),
        "<=",
        _MOST_MEGABYTES,
        "MB",
        f"{VALUES_IN_MEMORY} values, VmHWM of its process",
    )


def _instructions(store: Store) -> Instructions:
    environment_id = store.caller.environment_id
    system = system_caller(environment_id)
    give_right(system, holder=store.client.account, operation="write", on=Environment.objects.get(pk=environment_id))
    with in_environment(environment_id):
        columns = [Column.objects.get(name=name).public_id for name in COLUMNS]
        purpose = Purpose.objects.get(name="benchmarking").public_id
    spec = MutatorSpec("ImportPeople", "{id} = ?", tuple(map(InputSpec, columns)), ALLOW_ALL)
    mutator = publish_mutator(system, spec=spec).public_id
    return Instructions(mutator, purposes=(purpose,), unknown=NEWCOMERS, context=CallContext(ADDRESS))


def _file(people: int = PEOPLE) -> tuple[tuple[UUID, ...], bytes]:
    ids = tuple(uuid4() for _ in range(people))
    lines = [f"{who},{','.join(_values(number))}" for number, who in enumerate(ids)]
    return ids, "\n".join([",".join(["id", *COLUMNS]), *lines]).encode()


def _values(number: int) -> tuple[str, str, str]:
    return f"Synthetic Person {number}", f"+49 151 {number:07d}", f"person{number}@example.com"


def _imported(store: Store, instructions: Instructions, content: bytes) -> float:
    asked = _asked(store, instructions, content)
    importing = Importing(store.caller.environment_id, asked)
    started = perf_counter()
    while not (step := importing.step(now=timezone.now())).is_idle:
        pass
    seconds = perf_counter() - started
    if (step.row.state, step.row.effective) != ("finished", PEOPLE):
        raise RuntimeError(f"the import ended as {step.row.state}: {step.row.held_because}")
    return seconds


def _asked(store: Store, instructions: Instructions, content: bytes) -> UUID:
    now = timezone.now()
    asked = ask_import(store.caller, instructions=instructions, now=now).row.pk
    take_in(store.caller, import_id=asked, offset=0, content=io.BytesIO(content), now=now)
    run_import(store.caller, import_id=asked, now=now)
    return asked


def _worker_megabytes(store: Store, instructions: Instructions) -> float:
    """The most memory a process had resident that imported a file as workers do, from its start to its end."""
    people = VALUES_IN_MEMORY // len(COLUMNS)
    asked = _asked(store, instructions, _file(people)[1])
    command = [sys.executable, "-c", _WORKER, str(store.caller.environment_id), str(asked)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)  # noqa: S603  our own
    state, written, peak = done.stdout.split()
    if (state, int(written)) != ("finished", people * len(COLUMNS)):
        raise RuntimeError(f"the import ended as {state} with {written} values")
    return int(peak) / 1024


def _inserted(store: Store, ids: Sequence[UUID]) -> float:
    """The rows that the import left, once more into their tables, by `executemany`, a thousand people a transaction."""
    environment_id = store.caller.environment_id
    batches = [_rows_of(environment_id, ids[at : at + 1000]) for at in range(0, len(ids), 1000)]
    _removed(environment_id, batches)
    seconds = 0.0
    for batch in batches:
        started = perf_counter()
        with in_environment(environment_id), psycopg.Cursor(connection.connection) as cursor:
            connection.connection.prepare_threshold = _PREPARED_AFTER  # the framework switches it off
            for model, rows in batch:
                cursor.executemany(_insert(model), [_fields(row) for row in rows])
        seconds += perf_counter() - started
    connection.close()  # with what it prepared
    return seconds


def _removed(environment_id: UUID, batches: Sequence[Sequence[tuple[type[Model], list[Any]]]]) -> None:
    owner = connections["owner"]
    with transaction.atomic(using="owner"), owner.cursor() as cursor:
        cursor.execute("select set_config('sealbook.environment', %s, true)", [str(environment_id)])
        for batch in batches:
            for model, rows in reversed(batch):
                cursor.execute(f"delete from {model._meta.db_table} where id = any(%s)", [[row.pk for row in rows]])  # noqa: S608  names of our own tables
    owner.close()


def _rows_of(environment_id: UUID, ids: Sequence[UUID]) -> list[tuple[type[Model], list[Any]]]:
    with in_environment(environment_id):
        subjects = list(Subject.objects.filter(public_id__in=ids))
        pks = [subject.pk for subject in subjects]
        rows: tuple[list[Any], ...] = (
            list(WrappedKey.objects.filter(pk__in=[subject.key_id for subject in subjects])),
            subjects,
            list(GraphObject.objects.filter(public_id__in=ids)),
            list(Value.objects.filter(subject_id__in=pks)),
            list(ConsentRecord.objects.filter(subject_id__in=pks)),
        )
    return list(zip(_TABLES, rows, strict=True))


def _insert(model: type[Model]) -> str:
    fields = model._meta.concrete_fields
    names = ", ".join(str(field.column) for field in fields)
    return f"insert into {model._meta.db_table} ({names}) values ({', '.join(['%s'] * len(fields))})"  # noqa: S608  names of our own models


def _fields(row: Model) -> list[Any]:
    return [getattr(row, field.attname) for field in row._meta.concrete_fields]


def _encrypted() -> float:
    """Seal the same values: a key for every person, a nonce and a place for every value, and nothing else."""
    people = [[value.encode() for value in _values(number)] for number in range(PEOPLE)]
    place = urandom(96)
    sealed: list[bytes] = []
    started = perf_counter()
    for values in people:
        encrypt: Callable[..., bytes] = AESGCM(urandom(32)).encrypt
        for value in values:
            nonce = urandom(12)
            sealed.append(nonce + encrypt(nonce, value, place))
    return perf_counter() - started
