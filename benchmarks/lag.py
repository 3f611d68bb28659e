"""How far the sealer is behind while entries keep coming: its own process, turned by the clock as in `make run`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import psycopg

from audit.recorder import APPEND_SQL
from audit.verify.notes import LOG, new_signer
from benchmarks.bars import Report
from benchmarks.book import row_of
from benchmarks.seeding import Store
from benchmarks.stage import ROOT

RATES, SECONDS, WRITERS = (500, 1000, 2000), 12, 16
LOOKED_EVERY, PATIENCE = 0.005, 60.0
_CELERY = "celery --app=config.celery"
_SEALER = "worker --loglevel=ERROR --without-gossip --without-mingle --pool=threads --concurrency=2"
_PLACED = "select entry_id, index from audit_leaf where entry_id = any(%s)"
_SIZE = "select coalesce(max(size), 0) from audit_signedcheckpoint"


def measure_lag(store: Store, report: Report) -> None:
    """From an entry's commit until its place in the tree is signed, at several steady rates of appending."""
    environment = store.caller.environment_id
    with _sealer_at_work():
        _write(environment, rate=1, seconds=1, number=0, started=time.perf_counter())
        _wait_until_all_is_sealed()  # so that the sealer has started, also where nothing waited for it
        for rate in RATES:
            lags, achieved = _lags_at(environment, rate)
            report.bar(
                f"the sealer's lag at {rate:,} entries a second, at most",
                lags[-1],
                "<=",
                1,
                "s",
                f"median {lags[len(lags) // 2]:.2f} s, 99 of 100 within {lags[len(lags) * 99 // 100]:.2f} s; "
                f"{achieved:,.0f}/s were written for {SECONDS} s",
            )


def _lags_at(environment: UUID, rate: int) -> tuple[list[float], float]:
    """Return how long each entry waited, in order, and how many a second were written."""
    seen: list[tuple[float, int]] = []
    over = Event()
    looking = Thread(target=_look, args=(seen, over))
    looking.start()
    started = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        told = [
            pool.submit(_write, environment, rate=rate, seconds=SECONDS, number=number, started=started)
            for number in range(WRITERS)
        ]
        committed = dict(each for one in told for each in one.result())
    achieved = len(committed) / (time.perf_counter() - started)
    try:
        _wait_until_all_is_sealed()
        time.sleep(2 * LOOKED_EVERY)
    finally:
        over.set()
        looking.join()
    sizes = [size for _, size in seen]
    with psycopg.connect(os.environ["DATABASE_AUDITOR_URL"]) as connection:
        placed = connection.execute(_PLACED, [list(committed)]).fetchall()
    if len(placed) != len(committed):
        raise RuntimeError("an entry has no place in the tree")
    return sorted(max(0.0, seen[bisect_right(sizes, index)][0] - committed[entry]) for entry, index in placed), achieved


def _write(environment: UUID, *, rate: int, seconds: int, number: int, started: float) -> list[tuple[UUID, float]]:
    """Append every so-many-th entry at its moment, and return when each was committed."""
    done = []
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) as connection:
        for turn in range(number, rate * seconds, WRITERS):
            time.sleep(max(0.0, started + turn / rate - time.perf_counter()))
            row = row_of(environment)
            connection.execute(APPEND_SQL, [environment, *row])
            done.append((row.id, time.perf_counter()))
    return done


def _look(seen: list[tuple[float, int]], over: Event) -> None:
    """Note the size of the tree every few milliseconds."""
    with psycopg.connect(os.environ["DATABASE_AUDITOR_URL"], autocommit=True) as connection:
        while not over.wait(LOOKED_EVERY):
            found = connection.execute(_SIZE).fetchone()
            seen.append((time.perf_counter(), found[0] if found else 0))


def _wait_until_all_is_sealed() -> None:
    until = time.perf_counter() + PATIENCE
    with psycopg.connect(os.environ["DATABASE_AUDITOR_URL"], autocommit=True) as connection:
        while time.perf_counter() < until:
            (waiting,) = connection.execute(
                "select count(*) from audit_entry e where not exists (select from audit_leaf l where l.entry_id = e.id)"
            ).fetchone() or (1,)
            if not waiting:
                return
            time.sleep(0.1)
    raise RuntimeError(f"the sealer did not come round in {PATIENCE:.0f} s")


@contextmanager
def _sealer_at_work() -> Iterator[None]:
    """Run the sealer and the clock as `make run` starts them."""
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory()))
        key = folder / "log.key"
        key.write_text(new_signer("bench.test/book", LOG, bytes(32)).written())  # the one that the book's part signs by
        key.chmod(0o600)
        environ = {
            **os.environ,
            "DATABASE_SEALER_URL": os.environ["BENCHMARK_SEALER_URL"],
            "SEALBOOK_LOG_KEY": str(key),
            "SEALBOOK_QUEUE": "sealbook",
            "PYTHONWARNINGS": "ignore",  # of celery, where root runs this
        }
        beat = f"beat --loglevel=ERROR --pidfile= --schedule={folder / 'beat'}"
        for arguments in (f"{_SEALER} --queues=sealbook-sealer", beat):
            command = [sys.executable, "-m", *f"{_CELERY} {arguments}".split()]
            process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603  our own command
            undo.callback(process.wait, 20)
            undo.callback(process.terminate)
        yield
