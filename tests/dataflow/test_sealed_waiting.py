"""While the key of sealed topics does not answer, records wait: none is lost, and none goes to the dead letters."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from dataflow.deadletters.concealing import Conceal, KeyFile
from dataflow.engines.envelopes import Envelopes
from dataflow.engines.protocol import Route, Whole
from dataflow.store.protocol import StoreAway
from tests.dataflow.test_sealed_topics import OUT, engine_for, values


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "flow.key")


class Away:
    """A key that does not answer as often as it is told."""

    def __init__(self, conceal: Conceal) -> None:
        self._conceal, self.times = conceal, 0

    def _answer(self) -> None:
        if self.times:
            self.times -= 1
            raise StoreAway("OperationalError")

    def seal(self, record: bytes, *, place: bytes) -> bytes:
        self._answer()
        return self._conceal.seal(record, place=place)

    def unseal(self, sealed: bytes, *, place: bytes) -> bytes:
        self._answer()
        return self._conceal.unseal(sealed, place=place)


def test_while_the_key_does_not_answer_records_wait(client: redis.Redis, keys: KeyFile) -> None:
    away = Away(keys)
    engine = engine_for(client, away)
    engine.produce("in", [(None, b"record")])
    away.times = 2
    engine.topics._envelopes = Envelopes(away)
    intake = engine.intake("f", "s", [("in", "0")], "w")
    for _ in range(2):
        with pytest.raises(StoreAway):
            intake.take(most=9, wait=0.01)
    batch = intake.take(most=9, wait=0.01)
    assert batch is not None
    assert [each.value for each in batch.messages] == [b"record"]
    away.times = 1
    with pytest.raises(StoreAway):
        intake.committing(batch, [[OUT]])
    assert intake.committing(batch, [[OUT]])() == 1
    assert list(engine.letters("f").all()) == []


def test_a_key_that_is_away_when_a_batch_is_not_intact_is_waited_for(client: redis.Redis, keys: KeyFile) -> None:
    away = Away(keys)
    engine = engine_for(client, away)
    engine.produce("in", [(None, b"1"), (None, b"2")])
    intake = engine.intake("f", "s", [("in", "0")], "w")
    batch = intake.take(most=9, wait=0.01)
    assert batch is not None
    client.xack(engine.stream("in"), "f:s", batch.entries[0].id)
    commit = intake.committing(batch, [Whole(Route(("out",), (("s", "succeeded"),)), b"x")] * 2)
    away.times, engine.topics._envelopes = 1, Envelopes(away)
    with pytest.raises(StoreAway):
        commit()
    assert commit() == 1
    assert values(engine, "out") == [(None, b"x")]
    assert engine.counters("f") == {"s": {"succeeded": 1}}
