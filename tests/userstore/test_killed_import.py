"""A process killed in the middle of an import: another goes on, nothing twice, nothing lost, no plain text left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone

from audit.queries import entries
from keyring.walls import in_environment
from tests.plaintext import Marks, searched
from tests.userstore.imported import Desk, people
from tests.userstore.test_killed_write import wait_until_alone
from userstore.actions.imports import run_import
from userstore.models import ConsentRecord, Import, Value
from userstore.models.imports import FINISHED

pytestmark = pytest.mark.django_db(transaction=True)

AddressOf = Callable[[str], str]
WORKER = """
import sys
import django
django.setup()
from uuid import UUID
from django.utils import timezone
from userstore.actions.importing import advancing
advancing.BATCH = 10
importing = advancing.Importing(*map(UUID, sys.argv[1:]))
while not (step := importing.step(now=timezone.now())).is_idle:
    print(step.row.records, flush=True)
"""


def start_worker(desk: Desk, import_id: UUID, url: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment.pop("DATABASE_MIGRATION_URL", None)
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(desk.book.environment.id), str(import_id)],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("moments", "count"),
    [((7,), 60), pytest.param((0, 23, 60, 150), 300, marks=pytest.mark.nightly)],
    ids=["once", "again and again"],
)
def test_an_import_survives_kill_nine_at_any_moment(role_url: AddressOf, moments: tuple[int, ...], count: int) -> None:
    desk, marks = Desk(), Marks()
    ids = people(count)
    lines = [f"{who},{marks.word} {n},{marks.digits}{n},{n}" for n, who in enumerate(ids)]
    import_id = desk.upload("\n".join(["id,label,alias,age", *lines]).encode())
    run_import(desk.book.service, import_id=import_id, now=timezone.now())
    for milliseconds in moments:
        worker = start_worker(desk, import_id, role_url("app"))
        assert worker.stdout is not None
        assert worker.stdout.readline()
        time.sleep(milliseconds / 1000)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        wait_until_alone(role_url)
    with in_environment(desk.book.environment.id):
        row = Import.objects.get(pk=import_id)
        assert 10 <= row.records == row.effective == Value.objects.filter(column__name="alias").count() < count
    assert searched(role_url, marks.forms) == {}
    row = desk.to_the_end(import_id)
    assert (row.state, row.records, row.effective, row.users_created, row.failed) == (FINISHED, count, count, count, 0)
    with in_environment(desk.book.environment.id):
        assert (Value.objects.count(), ConsentRecord.objects.count()) == (3 * count, 3 * count)
    recorded = entries(environment_id=desk.book.environment.id, kinds=["mutator.executed"])
    assert sum(entry.facts["calls"] for entry in recorded) == count
