"""Workers and the server are killed in the middle: no record is lost, and none counts twice."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import redis

from config.embedded.ports import free_port
from config.embedded.valkey import ValkeyServer, start_valkey
from config.flows.folder import plan_here
from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.redis_streams import RedisStreams
from tests.dataflow.samples import seed_folder

WORKER = """
import signal, sys, redis
from pathlib import Path
from threading import Event
from config.flows.folder import plan_here
from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running.working import work
url, environment, folder, key = sys.argv[1:]
plan = plan_here(Path(folder))
engine = RedisStreams(redis.Redis.from_url(url), environment=environment, conceal=KeyFile(Path(key)), idle=300,
                      frames=plan.frames, sealed=plan.sealed)
stop = Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
work(plan, plan.services[0], engine, stop=stop, told=lambda count: None)
"""


def worker(url: str, environment: str, folder: Path, key: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WORKER, url, environment, str(folder), str(key)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize(
    ("records", "kills", "stalls", "frame", "sealed"),
    [
        (6_000, 4, 2, 0, ()),
        (3_000, 2, 1, 0, ("user-info", "masked")),
        pytest.param(40_000, 12, 3, 0, (), marks=pytest.mark.nightly),
        pytest.param(40_000, 12, 3, 50, (), marks=pytest.mark.nightly),
        pytest.param(40_000, 12, 3, 50, ("user-info",), marks=pytest.mark.nightly),
    ],
)
def test_workers_that_are_killed_and_stopped_lose_nothing_and_repeat_nothing(
    client: redis.Redis, tmp_path: Path, records: int, kills: int, stalls: int, frame: int, sealed: tuple[str, ...]
) -> None:
    environment, folder, key = tmp_path.name, seed_folder(tmp_path), tmp_path / "flow.key"
    file = folder / "dataflow.yaml"
    if frame:
        file.write_text(file.read_text().replace("converter: raw", f"converter: raw\n  producer: {{frame: {frame}}}"))
    for topic in sealed:
        privacy = f"  {topic}:\n    privacy: {{pii: [ssn], expires: 1d}}\n"
        file.write_text(file.read_text().replace(f"  {topic}:\n", privacy))
    plan, conceal = plan_here(folder), KeyFile(key)
    engine = RedisStreams(client, environment=environment, conceal=conceal, frames=plan.frames, sealed=plan.sealed)
    flow = "example/mask-user-info"
    engine.intake(flow, "mask-ssn-service", [("user-info", "0")], "first")
    running = [worker(os.environ["REDIS_URL"], environment, folder, key) for _ in range(2)]
    stalled: list[subprocess.Popen[bytes]] = []
    try:
        for turn in range(kills + stalls):
            size = -(-records // (kills + stalls))
            engine.produce(
                "user-info",
                [(None, f"{turn * size + n} 123-45-6789".encode()) for n in range(size) if turn * size + n < records],
            )
            time.sleep(0.6)
            victim = running.pop(0)
            if len(stalled) < stalls and turn % 3 == 2:
                victim.send_signal(signal.SIGSTOP)
                stalled.append(victim)
            else:
                victim.kill()
                victim.wait()
            running.append(worker(os.environ["REDIS_URL"], environment, folder, key))
        for each in stalled:
            each.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 60
        while sum(engine.counters(flow).get("mask-ssn-service", {}).values()) < records and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(1.0)  # those that were stopped have time to write what they had
    finally:
        for each in (*running, *stalled):
            each.kill()
            each.wait()
    found = Counter(each.value for each in engine.consume("masked", beginning=True, wait=None))
    assert found == Counter(f"{n} ***-**-****".encode() for n in range(records))
    assert engine.counters(flow)["mask-ssn-service"] == {"succeeded": records}
    assert engine.counters(flow)["mask-ssn-service/mask-ssn"] == {"succeeded": records}
    assert plan.sealed == dict.fromkeys(sealed, 86_400)
    for topic in sealed:
        lying = [fields for _, fields in client.xrange(engine.stream(topic))]
        assert [list(fields) for fields in lying] == [[b"e"]] * records
        assert not any(each in fields[b"e"] for fields in lying for each in (b"123-45-6789", b"***-**-****"))


FLOW, SERVICE = "example/mask-user-info", "mask-ssn-service"


def started(folder: Path, port: int, password: str) -> ValkeyServer:
    return start_valkey(directory=folder / "valkey", log=folder / "log", port=port, password=password)


def test_a_server_that_is_killed_has_what_it_had_said(tmp_path: Path) -> None:
    folder, key, port, password = seed_folder(tmp_path), tmp_path / "flow.key", free_port(), secrets.token_hex(8)
    server = started(tmp_path, port, password)
    running: list[subprocess.Popen[bytes]] = []
    try:
        with redis.Redis.from_url(server.url) as client:
            engine = RedisStreams(client, environment="e", conceal=KeyFile(key))
            engine.intake(FLOW, SERVICE, [("user-info", "0")], "first")
            engine.produce("user-info", [(None, f"{n} 123-45-6789".encode()) for n in range(20_000)])
            running.append(worker(server.url, "e", folder, key))
            done = 0
            while done < 2_000:
                done = engine.counters(FLOW).get(SERVICE, {}).get("succeeded", 0)
            server.process.kill()
            server.process.wait()
            running[0].wait(30)
        server = started(tmp_path, port, password)
        with redis.Redis.from_url(server.url) as client:
            engine = RedisStreams(client, environment="e", conceal=KeyFile(key))
            while client.info("persistence")["loading"]:
                time.sleep(0.1)
            there = engine.counters(FLOW)[SERVICE]["succeeded"]
            out = list(engine.consume("masked", beginning=True, wait=None))
            assert done <= there == len(out) < 20_000
            running.append(worker(server.url, "e", folder, key))
            deadline = time.monotonic() + 60
            while engine.counters(FLOW)[SERVICE]["succeeded"] < 20_000 and time.monotonic() < deadline:
                time.sleep(0.1)
            found = Counter(each.value for each in engine.consume("masked", beginning=True, wait=None))
            assert found == Counter(f"{n} ***-**-****".encode() for n in range(20_000))
            assert engine.counters(FLOW) == {
                SERVICE: {"succeeded": 20_000},
                f"{SERVICE}/mask-ssn": {"succeeded": 20_000},
            }
    finally:
        for each in running:
            each.kill()
            each.wait()
        server.stop()
