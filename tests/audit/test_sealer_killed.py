"""A sealer that is killed at any moment, again and again, loses no entry and seals none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from audit.integrity.exporting import exported
from audit.verify.checkpoints import Keys
from audit.verify.reports import Verdict
from audit.verify.verifying import verify
from tests.audit.connections import SET_ENVIRONMENT, AddressOf, run
from tests.audit.sealing import LOG_KEY, sealing, turned_until
from tests.audit.vocabulary import ENVIRONMENT

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
INSERT = (
    "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, body) "
    "values (%s, %s, 'a.b', 'done', 'system', %s)"
)

AT_WORK = "select count(*) from pg_stat_activity where usename = 'sealbook_sealer' and xact_start is not null"


@contextmanager
def writing(address: str, kept: list[UUID]) -> Iterator[None]:
    """Let somebody append, take their time and give up now and then; `kept` is what was committed."""
    stop, chance = threading.Event(), random.Random(1)

    def write() -> None:
        with psycopg.connect(address) as connection:
            while not stop.is_set():
                entry = uuid4()
                connection.execute(SET_ENVIRONMENT, [str(ENVIRONMENT)])
                connection.execute(INSERT, [entry, ENVIRONMENT, f'{{"id":"{entry}"}}'])
                time.sleep(chance.choice([0, 0.001, 0.01]))
                if chance.random() < 0.1:
                    connection.rollback()
                else:
                    connection.commit()
                    kept.append(entry)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join()


@pytest.mark.parametrize("kills", [12, pytest.param(200, marks=pytest.mark.nightly)])
def test_a_sealer_that_is_killed_at_any_moment_loses_nothing_and_seals_nothing_twice(
    role_url: AddressOf, tmp_path: Path, kills: int
) -> None:
    kept: list[UUID] = []
    chance, grown, enough, caught, count = random.Random(kills), set(), kills // 3, 0, 0
    command = [sys.executable, "-m", "tests.audit.sealer_process", role_url("sealer"), str(tmp_path / "last")]
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery,
        writing(role_url("app"), kept),
        psycopg.connect(role_url("superuser"), autocommit=True) as watcher,
    ):
        assert nursery.stdin and nursery.stdout
        deadline = time.monotonic() + 60
        # Transactions of other databases of the cluster hold sealing back: then they are killed for longer.
        while kills > 0 or (len(grown) <= enough and time.monotonic() < deadline):
            kills, count = kills - 1, count + 1
            nursery.stdin.write("\n")
            nursery.stdin.flush()
            sealer = int(nursery.stdout.readline())
            time.sleep(chance.uniform(0.01, 0.25))
            (at_work,) = watcher.execute(AT_WORK).fetchone() or (0,)
            os.kill(sealer, signal.SIGKILL)
            caught += at_work
            grown.add(run(role_url("auditor"), "select count(*) from audit_leaf")[0][0])
        nursery.stdin.close()
    assert len(grown) > enough, "they were killed while they worked"

    with sealing(role_url, memory=tmp_path / "last") as last:
        turned_until(last, len(kept))
    found = run(role_url("auditor"), "select index, entry_id from audit_leaf order by index")
    assert [index for index, _ in found] == list(range(len(kept)))
    assert {entry for _, entry in found} == set(kept)
    with psycopg.connect(role_url("auditor")) as connection:
        report = verify(exported(connection, first=0, environment_id=None), keys=Keys(LOG_KEY.verifier))
    assert report.verdict is Verdict.WHOLE, report.as_text()
    sys.stdout.write(
        f"{count} killed, {caught} seen in a transaction, {report.size} entries, {report.checkpoints} signed\n"
    )
