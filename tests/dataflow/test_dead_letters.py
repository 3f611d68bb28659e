"""Dead letters: listed without their records, opened with the key, put back once and for their service alone."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from dataflow.deadletters.concealing import KeyFile, Unreadable
from dataflow.deadletters.letters import NoLetter
from dataflow.engines.protocol import Batch, Done, Output
from dataflow.engines.redis_intake import RedisIntake
from dataflow.engines.redis_streams import RedisStreams
from tests.dataflow.samples import seed_folder
from tests.dataflow.test_terminal import running, said

OUT = Done((Output("out", None, b"done"),), (("s", "succeeded"),))
LOST = Done((), (("s", "failed"),), "mask: ValueError in line 2")


def taken(intake: RedisIntake) -> Batch:
    batch = intake.take(most=10, wait=0.01)
    assert batch is not None
    return batch


@pytest.fixture
def intake(engine: RedisStreams) -> RedisIntake:
    """A service that has failed on two records of three."""
    intake = engine.intake("f", "s", [("in", "0")], "w")
    engine.produce("in", [(b"key", b"123-45-6789"), (None, b"fine"), (None, b"two\nlines")])
    intake.commit(taken(intake), [[LOST], [OUT], [LOST]])
    return intake


def test_they_are_listed_without_their_records_and_opened_one_by_one(engine: RedisStreams, intake: RedisIntake) -> None:
    letters = engine.letters("f")
    first, second = letters.all()
    assert (first.topic, first.service, first.why) == ("in", "s", "mask: ValueError in line 2")
    assert "123-45" not in repr(first)
    assert letters.opened(first.id) == (first, b"key", b"123-45-6789")
    assert letters.opened(second.id) == (second, None, b"two\nlines")
    for wrong in ("1-1", "-", "+", "x"):
        with pytest.raises(NoLetter):
            letters.opened(wrong)
    assert engine.letters("f").waiting() == 2
    assert intake.take(most=10, wait=0.01) is None


def test_another_key_opens_none(engine: RedisStreams, intake: RedisIntake, tmp_path: Path) -> None:
    letters = engine.letters("f")
    ids = [each.id for each in letters.all()]
    engine.conceal = KeyFile(tmp_path / "other.key")
    with pytest.raises(Unreadable):
        letters.opened(ids[0])
    with pytest.raises(Unreadable):
        letters.replay(ids)
    assert intake.take(most=10, wait=0.01) is None
    assert engine.letters("f").waiting() == 2


def test_what_is_put_back_is_worked_on_once_by_the_service_that_failed(
    engine: RedisStreams, intake: RedisIntake
) -> None:
    other = engine.intake("f", "other", [("in", "0")], "w")
    other.commit(taken(other), [[OUT], [OUT], [OUT]])
    letters = engine.letters("f")
    ids = [each.id for each in letters.all()]
    assert letters.replay([*ids, ids[0], "1-1", "x"]) == 2
    assert letters.replay(ids) == 0
    batch = taken(intake)
    assert [(each.key, each.value) for each in batch.messages] == [(b"key", b"123-45-6789"), (None, b"two\nlines")]
    assert intake.commit(batch, [[OUT], [OUT]]) == 2
    assert taken(other).entries == []
    assert other.take(most=10, wait=0.01) is None
    assert len(list(engine.consume("in", beginning=True, wait=None))) == 3  # they had been there before
    assert engine.counters("f") == {
        "s": {"succeeded": 6, "failed": 2},
        "dead-letters": {"replayed": 2},
    }
    assert letters.waiting() == 0


def test_what_is_dropped_is_gone(engine: RedisStreams, intake: RedisIntake) -> None:
    letters = engine.letters("f")
    ids = [each.id for each in letters.all()]
    assert letters.drop([ids[0], "x"]) == 1
    assert letters.drop(ids) == 1
    assert letters.replay(ids) == 0
    assert list(letters.all()) == []
    assert intake.take(most=10, wait=0.01) is None
    assert letters.waiting() == 0
    assert engine.counters("f")["dead-letters"] == {"dropped": 2}


def test_the_commands(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    flow = running(folder)
    try:
        said(folder, "produce", "user-info", given="poison\npoison\n")
        deadline, listed = time.monotonic() + 20, ""
        while listed.count("\n") < 3 and time.monotonic() < deadline:
            listed = said(folder, "dlq", "list")
        assert re.search(r"^\S+  user-info  mask-ssn-service  \S+  mask-ssn: ValueError in line 8$", listed, re.M)
        assert "poison" not in listed
        first, second = (line.split()[0] for line in listed.splitlines()[1:])
        assert said(folder, "dlq", "show", first).endswith("\npoison\n")
        assert said(folder, "dlq", "drop", second) == "1 dropped\n"
        assert said(folder, "dlq", "replay", "--all") == "1 put back\n"
        table = ""
        while "1        1         1" not in table and time.monotonic() < deadline:  # it fails once more
            table = said(folder, "show", "state", "dead-letters/metrics")
        assert table == "Key    Window  waiting  replayed  dropped\nstats  *       1        1         1\n"
    finally:
        flow.send_signal(signal.SIGINT)
        flow.wait(30)
    assert said(folder, "dlq", "show", "1-1", status=1) == (
        "sealbook: There is no dead letter 1-1; `sealbook dlq list` lists them.\n"
    )
    assert said(folder, "dlq", "drop", status=1) == "sealbook: Say which: ids, or --all.\n"
