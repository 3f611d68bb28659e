"""A topic stays while a flow runs that names it, whoever started that flow, and while records are written to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connections

from dataflow.actions.records import write_records
from dataflow.actions.topics import drop_topic
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running import living
from dataflow.running.deployed import engine_for, run_deployed
from governance.errors import Conflict
from governance.identities import Caller
from tests import cast
from tests.dataflow.declared import SSN, planned, started, topics_of, written

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = written("a", of_source=SSN, of_to=SSN)


@contextmanager
def running(flow: Caller) -> Iterator[None]:
    """A flow that nobody deployed runs."""
    stop, trouble = Event(), list[list[str]]()

    def run_it() -> None:
        trouble.append(run_deployed(flow, partial(planned, flow, TEXT), stop=stop, told=lambda *_: None))
        connections.close_all()

    thread = Thread(target=run_it)
    thread.start()
    deadline = monotonic() + 30
    while "raw" not in topics_of(flow):
        assert monotonic() < deadline
        sleep(0.05)
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert trouble == [[]]


def test_a_topic_stays_while_a_flow_runs_that_nobody_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(living, "LIVING_MILLISECONDS", 1_000)
    monkeypatch.setattr(living, "_PAUSE_SECONDS", 0.2)
    environment = cast.new_environment()
    flow, engineer = cast.new_caller(environment, "flow"), cast.new_caller(environment, "engineer", configure=True)
    engine = engine_for(flow, sealed=planned(flow, TEXT).sealed)
    with running(flow):
        row = topics_of(flow)["raw"]
        sleep(1.5)  # longer than what it said when it began
        engine.produce("out", [(None, b"1")])
        for topic in topics_of(flow).values():
            with pytest.raises(Conflict, match="tests/a runs on this topic"):
                drop_topic(engineer, public_id=topic.public_id)
    assert engine.client.xlen(engine.stream("out")) == 1
    assert topics_of(flow).keys() == {"raw", "out"}
    sleep(1.2)
    drop_topic(engineer, public_id=row.public_id)
    assert topics_of(flow).keys() == {"out"}


@pytest.mark.parametrize("what", ["dropped", "declared otherwise"])
def test_a_topic_stays_as_it_is_while_records_are_written_to_it(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    environment = cast.new_environment()
    writer = cast.new_caller(environment, "writer", write=True)
    engineer = cast.new_caller(environment, "engineer", configure=True)
    started(writer, written("a"))
    row, original, others = topics_of(writer)["raw"], RedisStreams.write, list[Thread]()

    def change() -> None:
        if what == "dropped":
            drop_topic(engineer, public_id=row.public_id)
        else:
            started(writer, TEXT)
        connections.close_all()

    def meanwhile(engine: RedisStreams, *told: Any, **more: Any) -> int:
        others.append(Thread(target=change))
        others[0].start()
        others[0].join(1.0)
        assert others[0].is_alive()  # it waits
        return original(engine, *told, **more)

    monkeypatch.setattr(RedisStreams, "write", meanwhile)
    assert write_records(writer, topic="raw", records=[(None, b"1")]) == 1
    others[0].join(30)
    left = list(engine_for(writer).consume("raw", beginning=True, wait=None))
    if what == "dropped":
        assert (left, topics_of(writer).keys()) == ([], {"out"})
    else:
        assert ([each.value for each in left], topics_of(writer)["raw"].holds) == ([b"1"], ["ssn"])
