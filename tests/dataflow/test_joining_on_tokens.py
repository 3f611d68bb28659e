"""The job against fraud of the documents: equal tokens meet, and the few that tell something are resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from audit import queries
from dataflow.engines.redis_streams import RedisStreams
from dataflow.planning.plan import Plan
from dataflow.running.deployed import plan_for
from tests.beginnings import beginning
from tests.dataflow.running_here import counted, running
from tests.dataflow.test_store_functions import call
from tests.userstore.test_tokens import NUMBER, OTHER, TokenBook
from userstore.actions.consents import change_consent

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)
DOCS = Path(__file__).parents[2] / "docs" / "dataflow.md"
NAME = "example/shared-phones"


def of_docs(book: TokenBook, folder: Path) -> Callable[[], Plan]:
    """Return what plans the flow of the documents."""
    (text,) = re.findall(r"### Joining on tokens\n.*?```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    file = folder / "dataflow.yaml"
    file.write_text(text)
    return partial(plan_for, book.service, file)


def lines(engine: RedisStreams, topic: str) -> list[dict[str, str]]:
    return [json.loads(each.value) for each in engine.consume(topic, beginning=True, wait=None)]


def test_numbers_that_people_share_are_resolved_and_no_others(book: TokenBook, tmp_path: Path) -> None:
    bob = book.subject()
    book.write(book.set_phone, bob, {"phone": {"value_additions": [NUMBER, OTHER]}})
    with running(book.service, of_docs(book, tmp_path)) as engine:
        payments = [call(book.ada), call(book.ada), call(bob, OTHER), call(bob)]
        engine.produce("payments", [(None, json.dumps(each).encode()) for each in payments])
        assert counted(engine, NAME, "to-tokens", 4) == {"succeeded": 4}
        assert counted(engine, NAME, "join", 4) == {"succeeded": 4}
        assert counted(engine, NAME, "look", 1) == {"succeeded": 1}
        tokens = [each["phone"] for each in lines(engine, "tokens")]
        assert tokens[0] == tokens[1] == tokens[3] != tokens[2]
        assert lines(engine, "cases") == [call(bob)]
        (resolved,) = queries.entries(environment_id=book.environment.id, kinds=["token.resolved"])
        assert resolved.facts["purposes"] == ["integrity"]
        assert NUMBER not in str(resolved.facts)
        # Who says no is in the stream no more.
        change_consent(book.service, subject_id=bob, purpose="integrity", permitted=False)
        engine.produce("payments", [(None, json.dumps(call(bob)).encode())])
        assert counted(engine, NAME, "to-tokens", 5) == {"succeeded": 5}
        assert len(lines(engine, "tokens")) == 4
        assert counted(engine, NAME, "join", 4) == {"succeeded": 4}
