"""Records through Redis Streams: each counted once, in frames and one by one, against a plain pipeline."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from time import perf_counter, sleep
from uuid import uuid4

import redis

from benchmarks.bars import Report, interleaved, ratio
from benchmarks.flow_worker import GO, READY, bench_engine, bench_plan
from benchmarks.seeding import Store
from benchmarks.stage import ROOT
from dataflow.running.working import flow_id

RECORD = b'{"name":"alice","ssn":"123-45-6789"}'
FRAME, ROUNDS = 100, 5
ONE_BY_ONE, IN_FRAMES = 100_000, 2_000_000
PATIENCE = 120.0


def measure_streams(store: Store, report: Report) -> None:  # noqa: ARG001  the parts' one form
    """The record of the seed through one service that masks, from topic to topic on one server."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        found = interleaved(
            {
                "plain": lambda: _rate(client, ONE_BY_ONE, frame=0, way="plain"),
                "one by one": lambda: _rate(client, ONE_BY_ONE, frame=0),
                "framed": lambda: _rate(client, IN_FRAMES, frame=FRAME),
                "two workers": lambda: _rate(client, IN_FRAMES, frame=FRAME, workers=2),
            },
            rounds=ROUNDS,
        )
    rates = {name: median(each) for name, each in found.items()}
    shown = {name: f"{rate:,.0f} records/s" for name, rate in rates.items()}
    report.bar(
        "exactly once, in comparison with a plain pipeline that is not", ratio(found, "one by one", "plain"), ">=", 1.3,
        "x", f"{shown['one by one']} and {shown['plain']}",
    )  # fmt: skip
    report.bar("one by one, one worker", rates["one by one"] / 1000, ">=", 150, "k", "records a second, in thousands")
    report.bar(
        f"in frames of {FRAME}, one worker", rates["framed"] / 1000, ">=", 1200, "k", "records a second, in thousands"
    )
    report.bar(
        "two workers in comparison with one, in frames", ratio(found, "two workers", "framed"), ">=", 1.3, "x",
        shown["two workers"],
    )  # fmt: skip


def _rate(client: redis.Redis, records: int, *, frame: int, way: str = "flow", workers: int = 1) -> float:
    """Return how many records a second workers get through that find all of them waiting."""
    environment = uuid4().hex
    engine, flow = bench_engine(client, environment, frame), flow_id(bench_plan(frame))
    some = [(None, RECORD)] * 10_000
    for _ in range(records // len(some)):
        engine.produce("in", some)
    command = [sys.executable, "-m", "benchmarks.flow_worker", os.environ["REDIS_URL"], environment, str(frame), way]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(workers)]  # noqa: S603  our own command
    try:
        for _ in running:
            client.blpop([READY], timeout=60)
        started = perf_counter()
        client.rpush(GO, *["go"] * workers)
        while sum(engine.counters(flow).get("mask", {}).values()) < records:
            if perf_counter() - started > PATIENCE:
                raise RuntimeError("the workers did not get through")
            sleep(0.01)
        return records / (perf_counter() - started)
    finally:
        for each in running:
            each.kill()
            each.wait()
        keys = list(client.scan_iter(f"*{environment}*"))
        client.delete(READY, GO, *keys)
