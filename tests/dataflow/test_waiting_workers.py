"""A worker that waits for the store, or takes long, keeps what it was given, and is not taken for one that ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
import redis

from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.protocol import Batch, Change, Done, Outcome, Output
from dataflow.engines.redis_intake import RedisIntake
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running import renewing, working
from dataflow.running.renewing import renewed
from dataflow.running.working import work
from dataflow.store.protocol import StoreAway
from tests.dataflow.builtins import masking
from tests.dataflow.memory import Memory, MemoryIntake

OUT = Done((Output("out", None, b"done"),), (("s", "succeeded"),))
LONG = 60_000


@pytest.fixture
def name() -> str:
    return uuid4().hex


@pytest.fixture
def engine(client: redis.Redis, name: str, tmp_path: Path) -> RedisStreams:
    return RedisStreams(client, environment=name, conceal=KeyFile(tmp_path / "flow.key"), idle=LONG)


def intake_of(engine: RedisStreams, worker: str = "w") -> RedisIntake:
    return engine.intake("f", "s", [("in", "0")], worker)


def taken(intake: RedisIntake, most: int = 9) -> list[bytes]:
    batch = intake.take(most=most, wait=0.01)
    return [] if batch is None else [each.value for each in batch.messages]


def pass_time(engine: RedisStreams) -> None:
    """Have everything that was given out look as if that were long ago."""
    for each in waiting(engine):
        for_long = {"idle": LONG, "justid": True}
        engine.client.xclaim(engine.stream("in"), "f:s", each["consumer"], 0, [each["message_id"]], **for_long)


def waiting(engine: RedisStreams) -> list[dict[str, object]]:
    return list(engine.client.xpending_range(engine.stream("in"), "f:s", min="-", max="+", count=99))


def test_who_renews_keeps_what_it_has_and_is_not_taken_for_one_that_ended(engine: RedisStreams) -> None:
    engine.produce("in", [(None, b"%d" % each) for each in range(6)])
    first = intake_of(engine)
    assert taken(first, 2) == [b"0", b"1"]
    pass_time(engine)
    second = intake_of(engine, "second")
    batch = second.take(most=1, wait=0.01)
    assert batch is not None
    assert [each.value for each in batch.messages] == [b"0"]
    second._ask(2)
    while len(waiting(engine)) < 4:
        pass
    for _ in range(9):
        pass_time(engine)
        second._renewal._last = -inf
        second.renew()
    assert [(each["consumer"], each["times_delivered"]) for each in waiting(engine)] == [
        (b"second", 2),
        (b"w.1", 1),
        (b"second.1", 1),
        (b"second.1", 1),
    ]
    assert taken(intake_of(engine, "third")) == [b"1"]  # of the one that did not renew
    first._renewal._last = -inf
    first.renew()
    assert [each["consumer"] for each in waiting(engine)] == [b"second", b"third", b"second.1", b"second.1"]
    assert second.commit(batch, [[OUT]]) == 1
    assert taken(second) == [b"2", b"3"]


def test_what_expired_meanwhile_is_counted_and_not_renewed(engine: RedisStreams) -> None:
    engine.produce("in", [(None, b"1"), (None, b"2")])
    intake = intake_of(engine)
    assert taken(intake) == [b"1", b"2"]
    pass_time(engine)
    engine.client.xtrim(engine.stream("in"), maxlen=1, approximate=False)
    intake.renew()
    assert [int(str(each["time_since_delivered"])) >= LONG for each in waiting(engine)] == [True, False]
    other = intake_of(engine, "other")
    assert taken(other) == []
    assert engine.counters("f") == {"s": {"expired": 1}}


def test_it_is_not_renewed_more_often_than_it_must_be(engine: RedisStreams) -> None:
    engine.produce("in", [(None, b"1")])
    intake = intake_of(engine)
    assert taken(intake) == [b"1"]
    intake.renew()
    pass_time(engine)
    intake.renew()
    assert taken(intake_of(engine, "other")) == [b"1"]


class Renewed(MemoryIntake):
    """An end that says when it was renewed."""

    def __init__(self, engine: Memory, topics: Sequence[str], told: Event) -> None:
        super().__init__(engine, topics)
        self._told = told

    def renew(self) -> None:
        self._told.set()


class Telling(Memory):
    def __init__(self, told: Event) -> None:
        super().__init__()
        self._told = told

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> MemoryIntake:  # noqa: ARG002  the protocol's
        return Renewed(self, [topic for topic, _ in topics], self._told)


def test_while_the_store_is_away_the_worker_renews(monkeypatch: pytest.MonkeyPatch) -> None:
    told, stop, plan = Event(), Event(), masking()
    engine = Telling(told)
    engine.produce("in", [(None, b"record")])

    def away(*_: object) -> None:
        raise StoreAway("TimeoutError")

    monkeypatch.setattr(working.Program, "work", away)
    worker = Thread(target=work, args=(plan, plan.services[0], engine), kwargs={"stop": stop, "told": lambda _: None})
    worker.start()
    try:
        assert told.wait(30)
    finally:
        stop.set()
        worker.join(30)
    assert not worker.is_alive()
    assert engine.counted == {}


class Locked(MemoryIntake):
    """An end whose keys are away for the first three commits, in both halves."""

    tries = 0

    def committing(
        self, batch: Batch, outcomes: Sequence[Outcome], changes: Sequence[Change] = ()
    ) -> Callable[[], int]:
        Locked.tries += 1
        if Locked.tries in (1, 3):
            raise StoreAway("KmsUnavailable")
        if Locked.tries == 2:
            return self._away
        return super().committing(batch, outcomes, changes)

    @staticmethod
    def _away() -> int:
        raise StoreAway("KmsUnavailable")


class Locking(Memory):
    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> MemoryIntake:  # noqa: ARG002  the protocol's
        return Locked(self, [topic for topic, _ in topics])


@pytest.mark.parametrize("first", [0, 1])
def test_what_waits_for_keys_is_worked_on_anew_when_they_are_back(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    monkeypatch.setattr(working, "PAUSE", 0.01)
    monkeypatch.setattr(Locked, "tries", first)
    stop, plan, engine, worked = Event(), masking(), Locking(), list[int]()
    engine.produce("in", [(None, b"record")])
    real = working.Program.work

    def counted(self: working.Program, batch: Batch, ledger: object) -> list[Outcome]:
        worked.append(len(batch.entries))
        return real(self, batch, ledger)  # type: ignore[arg-type]  # it is passed on

    monkeypatch.setattr(working.Program, "work", counted)
    work(plan, plan.services[0], engine, stop=stop, told=lambda number: stop.set() if number else None)
    assert worked == [1] * (4 - first)  # whoever withdrew meanwhile is asked again each time
    assert [sum(each.values()) for each in engine.counted.values()][:1] == [1]
    assert len(engine.topics["out"]) == 1


def test_while_a_batch_takes_long_its_worker_renews(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewing, "SECONDS", 0.001)
    monkeypatch.setattr(renewing, "_thread", None)
    told = Event()
    with renewed(Renewed(Memory(), ["in"], told)):
        assert told.wait(30)
    assert not renewing._busy


@pytest.mark.parametrize(("longest", "is_renewed"), [(600.0, True), (0.0, False)])
def test_who_takes_too_long_is_taken_for_one_that_hangs(
    monkeypatch: pytest.MonkeyPatch, longest: float, is_renewed: bool
) -> None:
    monkeypatch.setattr(renewing, "LONGEST", longest)
    told = Event()
    with renewed(Renewed(Memory(), ["in"], told)):
        renewing.renew_all()
    assert told.is_set() == is_renewed
