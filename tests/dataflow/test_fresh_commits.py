"""What becomes of a batch is not kept while a worker waits: who withdraws meanwhile is asked before it is put out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

import pytest

from dataflow.engines.protocol import Batch, Change, Outcome
from dataflow.running import working
from dataflow.running.working import work
from dataflow.store.protocol import StoreAway
from tests.dataflow.builtins import masking
from tests.dataflow.memory import Memory, MemoryIntake

HOUR = 3_600.0


class Diary(Memory):
    """An engine of one worker that puts down what is done in which order; `away` are the turns that find no keys."""

    def __init__(self, *away: str) -> None:
        super().__init__()
        self.told, self.now, self._away = list[str](), 0.0, list(away)
        self.produce("in", [(None, b"one"), (None, b"two")])

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> MemoryIntake:  # noqa: ARG002  the protocol's
        return Telling(self, [topic for topic, _ in topics])

    def turn(self, name: str) -> None:
        """Do something, unless keys are away, as they are for an hour then."""
        if name in self._away:
            self._away.remove(name)
            self.now += HOUR
            self.told.append(f"{name}: away")
            raise StoreAway("KmsUnavailable")
        self.told.append(name)


class Telling(MemoryIntake):
    def __init__(self, diary: Diary, topics: Sequence[str]) -> None:
        super().__init__(diary, topics)
        self._diary = diary

    def take(self, *, most: int, wait: float) -> Batch | None:
        if "worked one" in self._diary.told:
            self._diary.turn("took")
        return super().take(most=most, wait=wait)

    def committing(
        self, batch: Batch, outcomes: Sequence[Outcome], changes: Sequence[Change] = ()
    ) -> Callable[[], int]:
        begun = super().committing(batch, outcomes, changes)

        def commit() -> int:
            self._diary.turn(f"put out {_name(batch)}")
            return begun()

        return commit


def _name(batch: Batch) -> str:
    return batch.messages[0].value.decode()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Diary], list[str]]:
    def working_on(diary: Diary) -> list[str]:
        stop, plan, real = Event(), masking(), working.Program.work

        def worked(self: working.Program, batch: Batch, ledger: object) -> list[Outcome]:
            diary.turn(f"worked {_name(batch)}")
            return real(self, batch, ledger)  # type: ignore[arg-type]  # it is passed on

        def told(_: int) -> None:
            if len(diary.topics.get("out", ())) == 2:
                stop.set()

        monkeypatch.setattr(working.Program, "work", worked)
        monkeypatch.setattr(working, "AT_ONCE", 1)
        monkeypatch.setattr(working, "PAUSE", 0.001)
        monkeypatch.setattr(working, "monotonic", lambda: diary.now)
        work(plan, plan.services[0], diary, stop=stop, told=told)
        assert [value for _, value in diary.topics["out"]] == [b"one", b"two"]
        return [each for each in diary.told if each != "took"]

    return working_on


def test_without_waiting_each_batch_is_worked_on_once(run: Callable[[Diary], list[str]]) -> None:
    assert run(Diary()) == ["worked one", "worked two", "put out one", "put out two"]


def test_a_batch_that_waited_behind_the_one_before_is_worked_on_anew(run: Callable[[Diary], list[str]]) -> None:
    assert run(Diary("put out one")) == [
        "worked one", "worked two", "put out one: away", "worked one", "put out one", "worked two", "put out two",
    ]  # fmt: skip


@pytest.mark.parametrize(("away", "told"), [("worked two", ["worked two: away"]), ("took", ["took: away"])])
def test_what_is_under_way_ends_before_its_worker_waits(
    run: Callable[[Diary], list[str]], away: str, told: list[str]
) -> None:
    assert run(Diary(away)) == ["worked one", *told, "put out one", "worked two", "put out two"]
