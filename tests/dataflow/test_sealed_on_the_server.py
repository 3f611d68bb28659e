"""A flow of an environment: its topics lie sealed with the environment's key, which may be away for a while."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from dataflow.deadletters.concealing import Unreadable
from dataflow.engines.envelopes import Envelopes
from dataflow.functions.protocol import ParametersRefused
from dataflow.running.deployed import engine_for, plan_for
from dataflow.store import concealing
from dataflow.store.concealing import EnvironmentKey
from dataflow.store.protocol import StoreAway
from keyring.errors import KmsUnavailable, UnknownKey
from tests import cast
from tests.beginnings import beginning
from tests.dataflow.running_here import counted, running
from tests.dataflow.test_store_functions import CONSENT, TOKENIZE, call, written
from tests.plaintext import Marks, in_redis
from tests.userstore.test_tokens import TokenBook

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)


def test_no_byte_of_a_record_is_in_redis_while_a_flow_of_an_environment_runs(book: TokenBook, tmp_path: Path) -> None:
    marks = Marks()
    planned = partial(plan_for, book.service, written(book, tmp_path, CONSENT, TOKENIZE))
    given = [json.dumps(call(each, marks.phone)).encode() for each in (book.ada, book.ada, marks.name)]
    with running(book.service, planned) as engine:
        engine.produce("calls", [(None, each) for each in (*given, marks.free_text.encode())])
        assert counted(engine, "tests/fraud", "to-tokens", 4) == {"succeeded": 2, "failed": 2}
    assert len(list(engine.consume("safe", beginning=True, wait=None))) == 2
    assert [each.value for each in engine.consume("calls", beginning=True, wait=None)][:3] == given
    assert in_redis(os.environ["REDIS_URL"], marks.forms) == {}
    assert 0 < engine.client.pttl(engine.stream("calls")) <= 86_460_000
    other = engine_for(cast.new_caller(cast.new_environment(), "job"), sealed=planned().sealed)
    for _, fields in engine.client.xrange(engine.stream("calls")):
        other.client.xadd(other.stream("calls"), fields)
    assert list(other.consume("calls", beginning=True, wait=None)) == []
    assert other.unopened == 4


@pytest.mark.parametrize(
    ("error", "raised"),
    [(OperationalError, StoreAway), (KmsUnavailable, StoreAway), (UnknownKey, Unreadable)],
)
def test_a_key_that_is_away_is_waited_for_and_one_that_is_gone_is_not(
    book: TokenBook, monkeypatch: pytest.MonkeyPatch, error: type[Exception], raised: type[Exception]
) -> None:
    sealed = Envelopes(EnvironmentKey(book.environment.id)).seal(b"record", b"topic")

    def no_answer(*_: Any, **__: Any) -> None:
        raise error("no answer")

    opening = Envelopes(EnvironmentKey(book.environment.id))
    with monkeypatch.context() as patch:
        patch.setattr(concealing, "key_by_id", no_answer)
        with pytest.raises(raised):
            opening.unseal(sealed, b"topic")
        patch.setattr(concealing, "pseudonym_key_for", no_answer)
        with pytest.raises(ParametersRefused if error is UnknownKey else StoreAway):
            EnvironmentKey(book.environment.id).key_for("state keys")
    assert opening.unseal(sealed, b"topic") == b"record"
