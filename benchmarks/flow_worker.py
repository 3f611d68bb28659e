"""A worker of the part `streams`, in a process of its own: waits for the word, then works until it is ended."""

from __future__ import annotations

import gc
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import redis

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.redis_streams import RedisStreams
from dataflow.functions.protocol import Answer, Joined, Work
from dataflow.functions.registry import BUILTINS
from dataflow.grammar.flowfile import read_flow
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.running.working import AT_ONCE, flow_id, work
from dataflow.schemas.shapes import Shape

READY, GO = "bench:ready", "bench:go"
FLOW = """
apiVersion: 0.5.0
meta: {name: bench, version: 0.1.0, namespace: bench}
config: {converter: raw, consumer: {default_starting_offset: {position: Beginning}}}
topics:
  in: {schema: {value: {type: string}}FRAMED}
  out: {schema: {value: {type: string}}FRAMED}
services:
  mask:
    sources: [{type: topic, id: in}]
    transforms: [{operator: map, uses: mask-ssn}]
    sinks: [{type: topic, id: out}]
"""
SSN = re.compile(r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b")
_SSN = re.compile(rb"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b")


class _Mask:
    """Stands in for the built-in function where there is none that works on lines."""

    name, operator, says = "mask-ssn", "map", "Masks numbers of social security."

    def removes(self, _: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"ssn"})

    def gives(self, shape: Shape, _: Mapping[str, Any]) -> Shape:
        return shape

    def prepare(self, *_: Any) -> Work:
        def mask(values: Sequence[Any]) -> list[Answer]:
            return [SSN.sub("***-**-****", each) for each in values]

        return mask

    def joined(self, _: Mapping[str, Any]) -> Joined | None:
        return lambda lines: _SSN.sub(b"***-**-****", lines)


def bench_plan(frame: int) -> Plan:
    """Return the flow that is measured; with 0 each record is an entry."""
    text = FLOW.replace("FRAMED", f", producer: {{frame: {frame}}}" if frame else "")
    file = read_flow(text, "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path.cwd(), dev=file.dev), builtins={"mask-ssn": _Mask(), **BUILTINS})


def bench_engine(client: Any, environment: str, frame: int) -> RedisStreams:
    """Return the engine of one round."""
    key = Path(tempfile.gettempdir()) / "sealbook-bench-flow.key"
    return RedisStreams(client, environment=environment, conceal=KeyFile(key), frames=bench_plan(frame).frames)


def plain(engine: RedisStreams, plan: Plan) -> None:
    """Do the same with a plain pipeline, as most do: read, mask, write, acknowledge, at least once."""
    client, flow = engine.client, flow_id(plan)
    group, counts = f"{flow}:mask", engine.counts(flow)
    while True:
        found: Any = client.xreadgroup(group, "plain", {engine.stream("in"): ">"}, count=AT_ONCE, block=500)
        for stream, entries in found or ():
            with client.pipeline(transaction=False) as pipeline:
                for _, fields in entries:
                    masked = SSN.sub("***-**-****", fields[b"v"].decode())
                    pipeline.xadd(engine.stream("out"), {"v": masked.encode()})
                pipeline.hincrby(counts, "mask#succeeded", len(entries))
                pipeline.xack(stream, group, *(id_ for id_, _ in entries))
                pipeline.execute()


def main(url: str, environment: str, frame: str, way: str) -> None:
    plan = bench_plan(int(frame))
    with redis.Redis.from_url(url) as client:
        engine = bench_engine(client, environment, int(frame))
        engine.intake(flow_id(plan), "mask", [("in", "0")], "before")
        gc.freeze()  # as `sealbook run` does
        client.rpush(READY, "1")
        client.blpop([GO])
        if way == "plain":
            plain(engine, plan)
        work(plan, plan.services[0], engine, stop=Event(), told=lambda _: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
