"""A flow of an environment that runs in a thread of this process, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic, sleep

from django.db import connections

from dataflow.engines.redis_streams import RedisStreams
from dataflow.planning.plan import Plan
from dataflow.running.deployed import engine_for, run_deployed
from governance.identities import Caller


@contextmanager
def running(caller: Caller, planned: Callable[[], Plan]) -> Iterator[RedisStreams]:
    """Run a flow until the end of the block, in which its engine is at hand; what went wrong fails the test."""
    stop, trouble = Event(), list[list[str]]()
    engine = engine_for(caller, sealed=planned().sealed)

    def run_it() -> None:
        trouble.append(run_deployed(caller, planned, stop=stop, told=lambda *_: None))
        connections.close_all()

    thread = Thread(target=run_it)
    thread.start()
    try:
        yield engine
    finally:
        stop.set()
        thread.join()
    assert trouble == [[]]


def counted(engine: RedisStreams, flow: str, service: str, number: int) -> dict[str, int]:
    """Return the counters of a service as soon as it has taken in so many records."""
    deadline = monotonic() + 30
    while sum((found := engine.counters(flow).get(service, {})).values()) < number:
        assert monotonic() < deadline, found
        sleep(0.05)
    return dict(found)
