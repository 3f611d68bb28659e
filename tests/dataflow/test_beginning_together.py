"""A flow has all its services in their topics before any of them works, and before anybody can write to these."""

from __future__ import annotations

from threading import Barrier, Event, Timer
from typing import Any

import pytest
import redis
from django.conf import settings

from dataflow.actions.records import write_records
from dataflow.engines.redis_streams import RedisStreams
from dataflow.models import FlowTopic
from dataflow.running import deployed
from dataflow.running.deployed import engine_for, run_deployed
from governance.identities import Caller
from keyring.walls import in_environment
from tests import cast
from tests.dataflow.declared import planned, topics_of

pytestmark = pytest.mark.django_db(transaction=True)
FLOW = """\
apiVersion: 0.6.0
meta: {name: chain, version: 0.1.0, namespace: tests}
topics:
  one: {schema: {value: {type: string}}}
  two: {schema: {value: {type: string}}}
  three: {schema: {value: {type: string}}}
services:
  first: {sources: [{type: topic, id: one}], sinks: [{type: topic, id: two}]}
  second: {sources: [{type: topic, id: two}], sinks: [{type: topic, id: three}]}
"""
"""Its services begin at the end of their topics, as where a file says nothing."""


@pytest.fixture
def flow() -> Caller:
    return cast.new_caller(cast.new_environment(), "flow", write=True)


def groups(engine: RedisStreams, topic: str) -> list[bytes]:
    return [each["name"] for each in engine.client.xinfo_groups(engine.stream(topic))]


def test_what_is_written_once_the_topics_are_known_is_read_by_all_services(
    flow: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, stop, both = engine_for(flow), Event(), Barrier(2)

    def late(caller: Caller, planned: Any, name: str, *args: Any) -> None:
        """Services whose workers come when the records are there already, the second one last of all."""
        if name == "first":
            write_records(caller, topic="one", records=[(None, b"1"), (None, b"2")])
            original(caller, planned, name, *args)
        else:
            both.wait(20)
            original(caller, planned, name, *args)

    original = deployed._one
    monkeypatch.setattr(deployed, "_one", late)

    def told(service: str, _: int) -> None:
        if service == "first":
            both.wait(20)
        elif engine.client.xlen(engine.stream("three")) >= 2:
            stop.set()

    last = Timer(30, stop.set)
    last.start()
    assert run_deployed(flow, lambda: planned(flow, FLOW), stop=stop, told=told) == []
    last.cancel()
    assert [each.value for each in engine.consume("three", beginning=True, wait=None)] == [b"1", b"2"]
    assert [len(groups(engine, topic)) for topic in ("one", "two")] == [1, 1]


def test_where_redis_does_not_answer_nothing_is_declared(flow: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(RedisStreams, "prepare", away)
        told = run_deployed(flow, lambda: planned(flow, FLOW), stop=Event(), told=lambda *_: None)
    assert told == ["tests/chain cannot begin: ConnectionError"]
    assert topics_of(flow) == {}
    with in_environment(flow.environment_id):
        assert not FlowTopic.objects.exists()
    assert redis.Redis.from_url(settings.REDIS_URL).keys(f"*{flow.environment_id}*topic*") == []
