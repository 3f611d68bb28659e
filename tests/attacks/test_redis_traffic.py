"""Whatever crosses to Redis while everything runs: counters and task names, no person, no token, no secret."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client as Browser

from config.celery import app
from config.embedded.processes import end_child
from governance.actions.rights import give_right
from governance.identities import system_caller
from tests import cast
from tests.attacks.calls import ask_for_access_token, calls_of, new_caller
from tests.attacks.web import ROOT, Web, process_environment
from tests.plaintext import Marks, forms_of, in_bytes

pytestmark = pytest.mark.django_db(transaction=True)

TASK_SECONDS = 30


@contextmanager
def monitored() -> Iterator[bytearray]:
    """Every command that any process sends to Redis, as Redis itself tells it."""
    address, heard, over = urlsplit(os.environ["REDIS_URL"]), bytearray(), threading.Event()
    with socket.create_connection((str(address.hostname), address.port or 6379), timeout=1) as link:

        def listen() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    heard.extend(link.recv(65_536))

        if address.password:
            link.sendall(f"AUTH {address.password}\r\n".encode())
            assert link.recv(100).startswith(b"+OK")
        link.sendall(b"MONITOR\r\n")
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield heard
        finally:
            over.set()
            listener.join(5)


@contextmanager
def background(log: Path) -> Iterator[None]:
    """A worker and the scheduler, as `make run` starts them."""
    celery = [sys.executable, "-m", "celery", "--app=config.celery"]
    commands = (
        [*celery, "worker", "--loglevel=WARNING", "--concurrency=1", "--without-gossip", "--without-mingle"],
        [*celery, "beat", "--loglevel=WARNING", "--pidfile=", f"--schedule={log.parent / 'beat'}"],
    )
    with log.open("ab") as sink:
        running = [
            subprocess.Popen(
                each, env=process_environment(), cwd=ROOT, stdout=sink, stderr=sink, start_new_session=True
            )
            for each in commands
        ]
    try:
        yield
    finally:
        for process in running:
            end_child(process, polite=signal.SIGTERM, seconds=10)


@pytest.mark.nightly
def test_nothing_personal_and_nothing_secret_reaches_redis(web: Web, tmp_path: Path) -> None:
    marks = Marks()
    with monitored() as heard, background(tmp_path / "background.log"):
        caller = new_caller(web)
        scene, wrong = caller.home.scene, f"sbs_{marks.word}"
        for _ in range(2):
            assert ask_for_access_token(web, str(scene.service.client.public_id), wrong).status == 401
        limited = cast.new_player(scene.environment, "limited")
        give_right(
            system_caller(scene.environment.id),
            holder=limited.client.account,
            operation="read",
            on=scene.environment,
            quota_per_hour=5,
        )
        granted = ask_for_access_token(web, str(limited.client.public_id), limited.secret).json["access_token"]
        assert web.post("/userstore/api/accessors", scene.read_body(), token=granted).status == 200
        body = scene.write_body(marks.phone)
        key = [("Idempotency-Key", marks.word), ("Referer", marks.free_text), ("User-Agent", marks.free_text)]
        assert web.post("/userstore/api/mutators", body, token=caller.token, headers=key).status == 200
        assert marks.digits.encode() in caller.read("accessor", caller.ids["subject"]).body
        assert all(call() for call in calls_of(caller).values())
        Browser(REMOTE_ADDR=cast.INSIDE).post("/login/", {"username": marks.email, "password": marks.word})
        for entry in settings.CELERY_BEAT_SCHEDULE.values():
            app.send_task(entry["task"]).get(timeout=TASK_SECONDS)
    said = bytes(heard)
    assert b"audit.make_partitions" in said
    assert said.count(b"token-failures") >= 1
    secret = {
        "client secret": scene.service.secret,
        "other secret": limited.secret,
        "wrong secret": wrong,
        "access token": caller.token,
        "signature": granted.rpartition(".")[2],
        "data token": caller.ids["token_of_subject"].lstrip("+"),
        "raw data": caller.ids["raw"],
        "subject": caller.ids["subject"],
    }
    assert in_bytes(said, {**marks.forms, **{name: forms_of(text) for name, text in secret.items()}}) == set()
