"""Commands at the terminal that are interrupted, read no further, or come while their server still begins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import redis

from config.flows.folder import engine_of, plan_here
from dataflow.deadletters.concealing import KeyFile
from dataflow.engines import redis_streams
from dataflow.engines.redis_streams import RedisStreams
from tests.dataflow.samples import seed_folder
from tests.dataflow.test_terminal import SEALBOOK, environment, said


def consuming(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Begin to consume, in front of a terminal as it were: in the background Ctrl-C is ignored."""
    front = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    command = [
        sys.executable,
        "-c",
        front,
        SEALBOOK,
        "consume",
        "user-info",
        "-B",
        *words,
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment(), text=True, **pipes)


def test_ctrl_c_ends_a_command_without_a_word(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    said(folder, "produce", "user-info", given="1\n")
    process = consuming(folder)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"  # it waits for more
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 130


def test_a_reader_that_has_seen_enough_ends_a_command_without_a_word(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    said(folder, "produce", "user-info", given="x" * 1_000 + "\n" + "1\n" * 200_000)
    process = consuming(folder, "-d")
    assert process.stdout is not None
    assert process.stdout.readline() == "x" * 1_000 + "\n"
    process.stdout.close()
    assert process.wait(30) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


def test_who_comes_while_the_server_reads_what_it_holds_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = seed_folder(tmp_path)
    monkeypatch.delenv("REDIS_URL")
    answers = ["ready", *["busy"] * 3]  # from the last one on

    def ping(client: redis.Redis) -> bool:
        if answers[-1] == "busy":
            answers.pop()
            raise redis.BusyLoadingError
        return bool(client.execute_command("PING"))

    plan = plan_here(folder)
    with engine_of(folder, plan) as first:
        first.produce("user-info", [(None, b"1")])
        monkeypatch.setattr(redis.Redis, "ping", ping)
        with engine_of(folder, plan) as second:
            assert [each.value for each in second.consume("user-info", beginning=True, wait=None)] == [b"1"]
    assert answers == ["ready"]


def test_who_waits_for_records_waits_longer_than_a_connection_for_an_answer(
    client: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_streams, "LONGEST_BLOCK", 0.05)
    impatient = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=0.3)
    told: dict[str, Any] = {"environment": tmp_path.name, "conceal": KeyFile(tmp_path / "flow.key")}
    late = Timer(0.9, RedisStreams(client, **told).produce, ["in", [(None, b"late")]])
    late.start()
    (found,) = islice(RedisStreams(impatient, **told).consume("in", beginning=False, wait=20.0), 1)
    late.join()
    assert found.value == b"late"
    assert list(RedisStreams(impatient, **told).consume("in", beginning=False, wait=0.4)) == []
    impatient.close()
