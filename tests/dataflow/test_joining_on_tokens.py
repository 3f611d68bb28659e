"""The job against fraud of the documents: equal tokens meet, and the few that tell something are resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from django.db import connections

from audit import queries
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running.deployed import engine_for, plan_for, run_deployed
from tests.beginnings import beginning
from tests.dataflow.test_store_functions import call
from tests.userstore.test_tokens import NUMBER, OTHER, TokenBook
from userstore.actions.consents import change_consent

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)
DOCS = Path(__file__).parents[2] / "docs" / "dataflow.md"
NAME = "example/shared-phones"


@contextmanager
def running(book: TokenBook, folder: Path) -> Iterator[RedisStreams]:
    """Run the flow of the documents until the end of the block."""
    (text,) = re.findall(r"### Joining on tokens\n.*?```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    file, stop, trouble = folder / "dataflow.yaml", Event(), list[list[str]]()
    file.write_text(text)
    planned = partial(plan_for, book.service, file)

    def run_it() -> None:
        trouble.append(run_deployed(book.service, planned, stop=stop, told=lambda *_: None))
        connections.close_all()

    thread = Thread(target=run_it)
    thread.start()
    try:
        yield engine_for(book.service, sealed=planned().sealed)
    finally:
        stop.set()
        thread.join()
    assert trouble == [[]]


def counted(engine: RedisStreams, service: str, number: int) -> dict[str, int]:
    """Return the counters of a service as soon as it has taken in so many records."""
    deadline = monotonic() + 30
    while sum((found := engine.counters(NAME).get(service, {})).values()) < number:
        assert monotonic() < deadline, found
        sleep(0.05)
    return dict(found)


def lines(engine: RedisStreams, topic: str) -> list[dict[str, str]]:
    return [json.loads(each.value) for each in engine.consume(topic, beginning=True, wait=None)]


def test_numbers_that_people_share_are_resolved_and_no_others(book: TokenBook, tmp_path: Path) -> None:
    bob = book.subject()
    book.write(book.set_phone, bob, {"phone": {"value_additions": [NUMBER, OTHER]}})
    with running(book, tmp_path) as engine:
        payments = [call(book.ada), call(book.ada), call(bob, OTHER), call(bob)]
        engine.produce("payments", [(None, json.dumps(each).encode()) for each in payments])
        assert counted(engine, "to-tokens", 4) == {"succeeded": 4}
        assert counted(engine, "join", 4) == {"succeeded": 4}
        assert counted(engine, "look", 1) == {"succeeded": 1}
        tokens = [each["phone"] for each in lines(engine, "tokens")]
        assert tokens[0] == tokens[1] == tokens[3] != tokens[2]
        assert lines(engine, "cases") == [call(bob)]
        (resolved,) = queries.entries(environment_id=book.environment.id, kinds=["token.resolved"])
        assert resolved.facts["purposes"] == ["integrity"]
        assert NUMBER not in str(resolved.facts)
        # Who says no is in the stream no more.
        change_consent(book.service, subject_id=bob, purpose="integrity", permitted=False)
        engine.produce("payments", [(None, json.dumps(call(bob)).encode())])
        assert counted(engine, "to-tokens", 5) == {"succeeded": 5}
        assert len(lines(engine, "tokens")) == 4
        assert counted(engine, "join", 4) == {"succeeded": 4}
