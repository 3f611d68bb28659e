"""The book: appending against PostgreSQL's own pgbench, and what giving entries their place costs."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import psycopg

from audit.actors import Actor
from audit.integrity.exporting import exported
from audit.integrity.integrating import Sealer
from audit.recorder import APPEND_SQL, EntryRow, prepare_body
from audit.verify.checkpoints import Keys
from audit.verify.notes import LOG, new_signer
from audit.verify.verifying import verify
from benchmarks.bars import Report, interleaved, medians, ratio
from benchmarks.indexes import backend_cpu, bare_table, cost_of_indexing_behind
from benchmarks.seeding import Store
from config.embedded.binaries import postgres_binaries
from userstore.events import ACCESSOR_EXECUTED

WRITERS, SECONDS, ROUNDS, ENTRIES = 16, 4, 5, 40_000
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_PLAIN = "create table bench_plain (id uuid primary key, at timestamptz not null default now(), body text not null)"


def measure_book(store: Store, report: Report) -> None:
    """Entries a second at 16 writers as a ratio to single-row INSERTs of the same bodies; CPU of integrating each."""
    environment = store.caller.environment_id
    with psycopg.connect(os.environ["DATABASE_MIGRATION_URL"], autocommit=True) as owner:
        owner.execute(_PLAIN)
        owner.execute("alter table bench_plain alter column body set storage external")
        _appending(environment, report)
        owner.execute("drop table bench_plain")
    _integrating(environment, report)
    _verifying(report)


def _appending(environment: UUID, report: Report) -> None:
    quoted = row_of(environment).body.replace(":", ";")  # pgbench takes a colon for the beginning of a variable
    scripts = {
        "insert": f"insert into bench_plain (id, body) values (gen_random_uuid(), '{quoted}');",  # noqa: S608  a body of our own
        # Ids of entries and decisions have the order of time, as `time_ordered_id` makes them; requests and handles
        # have none.
        "append": f"select public.audit_append('{environment}', uuidv7(), 'accessor.executed', 'done', 'client', "
        f"'{uuid4()}', uuidv7(), md5(random()::text), 1, array[md5(random()::text)], '{quoted}');",
    }
    scripts["bare"] = scripts["append"].replace("audit_append", "bench_append")
    with tempfile.TemporaryDirectory() as folder, bare_table():
        cases: dict[str, Callable[[], float]] = {}
        for name, text in scripts.items():
            path = Path(folder) / f"{name}.sql"
            path.write_text(text + "\n")
            cases[name] = _pgbench(path, os.environ["DATABASE_MIGRATION_URL" if name == "insert" else "DATABASE_URL"])
        cases["python"] = lambda: _python_writers(environment)
        found = interleaved(cases, rounds=ROUNDS)
    told = medians(found)
    behind = cost_of_indexing_behind(environment)
    report.bar(
        f"appending at {WRITERS} writers against pgbench's INSERT",
        ratio(found, "append", "insert"),
        ">=",
        0.7,
        "x",
        f"{told['append']:,.0f}/s against {told['insert']:,.0f}/s, both by pgbench",
        known_because="Entries are found by ten indexes from the moment they are committed. With the primary key alone "
        f"it would be {ratio(found, 'bare', 'insert'):.2f}x, and whoever kept the others behind it would take "
        f"{behind:.1f} µs of CPU an entry, beside giving it its place.",
    )
    report.note("the same by 16 threads of one Python process", f"{told['python']:,.0f}/s")


def _pgbench(script: Path, url: str) -> Callable[[], float]:
    command = [postgres_binaries() / "pgbench", "-n", "-M", "prepared", "-c", str(WRITERS), "-j", "2"]
    told = [*command, "-T", str(SECONDS), "-f", script, url]

    def case() -> float:
        ended = subprocess.run(told, capture_output=True, text=True, check=True)  # noqa: S603  our own command
        found = _TPS.search(ended.stdout)
        if found is None:
            raise RuntimeError("pgbench says no tps")
        return float(found.group(1))

    return case


def _python_writers(environment: UUID) -> float:
    row, until = row_of(environment), time.perf_counter() + SECONDS

    def write() -> int:
        count = 0
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) as connection:
            while time.perf_counter() < until:
                connection.execute(APPEND_SQL, [environment, *row._replace(id=uuid4())])
                count += 1
        return count

    with ThreadPoolExecutor(WRITERS) as pool:
        return sum(each.result() for each in [pool.submit(write) for _ in range(WRITERS)]) / SECONDS


def _integrating(environment: UUID, report: Report) -> None:
    signer = new_signer("bench.test/book", LOG, bytes(32))
    with psycopg.connect(os.environ["BENCHMARK_SEALER_URL"]) as connection:
        sealer = Sealer(connection, signer)
        _drain(sealer)
        found = []
        for _ in range(ROUNDS):
            _fill(environment)
            before = _cpu(connection)
            started = time.perf_counter()
            added = _drain(sealer)
            wall = time.perf_counter() - started
            found.append(((_cpu(connection) - before) / added * 1e6, added / wall))
    cpu, rate = median(each for each, _ in found), median(each for _, each in found)
    report.bar("CPU of giving an entry its place", cpu, "<=", 25, "µs", f"{rate:,.0f}/s, PostgreSQL's included")


def _verifying(report: Report) -> None:
    keys = Keys(new_signer("bench.test/book", LOG, bytes(32)).verifier)
    with tempfile.TemporaryFile() as file:
        with psycopg.connect(os.environ["DATABASE_AUDITOR_URL"]) as connection:
            file.writelines(exported(connection, first=0, environment_id=None))
        found = []
        for _ in range(ROUNDS):
            file.seek(0)
            before = time.process_time()
            told = verify(file, keys=keys)
            found.append((time.process_time() - before) / told.size * 1e6)
    if told.verdict:
        raise RuntimeError(told.as_text())
    cost = median(found)
    report.bar("verifying an export, an entry", cost, "<=", 6.67, "µs", f"{1e6 / cost:,.0f}/s of {told.size:,}")


def _drain(sealer: Sealer) -> int:
    added = 0
    while True:
        turn = sealer.turn(now=datetime.now(UTC))
        if turn is None:
            raise RuntimeError("another sealer works here")
        added += turn.added
        if turn.is_complete:
            return added


def _fill(environment: UUID) -> None:
    """Append many entries at once, as nobody does but a benchmark."""
    row = row_of(environment)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("select set_config('sealbook.environment', %s, true)", [str(environment)])
        connection.execute(
            "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, actor_id, subject_count, body) "
            "select uuidv7(), %s, 'accessor.executed', 'done', 'client', gen_random_uuid(), 1, %s "
            "from generate_series(1, %s)",
            [environment, row.body, ENTRIES],
        )


def _cpu(connection: psycopg.Connection) -> float:
    """Return the seconds of CPU that this process and the server's process of a connection have used."""
    return time.process_time() + backend_cpu(connection)


def row_of(environment: UUID) -> EntryRow:
    """Return an entry as a read of one person leaves it."""
    facts = {
        "accessor": uuid4(),
        "name": "GetCustomerRecord",
        "version": 3,
        "purposes": ["operational", "support"],
        "columns": ["name", "phone", "address"],
        "looked_at": 1,
        "subjects": [uuid4().hex],
        "rows": 1,
        "withheld": 0,
        "denied": 0,
        "faults": 0,
        "selector": "{id} = ANY(?)",
        "reasons": ["right: group-right-12"],
    }
    actor = Actor("client", uuid4())
    return prepare_body(ACCESSOR_EXECUTED, environment_id=environment, actor=actor, facts=facts, decision_id=uuid4())
