"""Workers are kept up: as many as are wanted, of the make that is wanted, again after pauses when they end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis

from dataflow.deployments.crew import END_SECONDS, LONGEST_PAUSE, Crew
from dataflow.deployments.roster import Roster
from dataflow.deployments.serving import Rates
from dataflow.deployments.wanted import Wanted
from dataflow.models.deployments import MOST_WORKERS

LASTING = "import time; time.sleep(300)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(300)"
FAILING = "raise SystemExit(7)"


class Started:
    """Starts real processes that run a line of Python, and ends what a test leaves."""

    def __init__(self) -> None:
        self.code, self.all = LASTING, list[subprocess.Popen[bytes]]()

    def __call__(self, _wanted: Wanted, _place: int) -> subprocess.Popen[bytes]:
        self.all.append(subprocess.Popen([sys.executable, "-c", self.code], stdout=subprocess.PIPE))
        return self.all[-1]

    @property
    def running(self) -> int:
        return sum(each.poll() is None for each in self.all)


@pytest.fixture
def started() -> Iterator[Started]:
    started = Started()
    yield started
    for each in started.all:
        each.kill()
        each.communicate()


@pytest.fixture
def wanted() -> Wanted:
    return Wanted(uuid4(), uuid4(), "tests/cards", 2, ("digest", uuid4()), "", None)


@pytest.fixture
def roster(client: redis.Redis, wanted: Wanted) -> Roster:
    return Roster(client, environment_id=wanted.environment_id, flow=wanted.flow)


@pytest.fixture
def crew(roster: Roster, started: Started) -> Crew:
    return Crew(roster, holder="here", spawn=started)


def until(happened: Callable[[], Any]) -> None:
    deadline = monotonic() + 20
    while not happened():
        assert monotonic() < deadline
        sleep(0.01)


def test_as_many_run_as_are_wanted(crew: Crew, started: Started, wanted: Wanted) -> None:
    assert crew.keep(wanted, now=0) == ("running", "")
    assert crew.keep(wanted, now=1) == ("running", "")
    assert started.running == 2
    crew.keep(replace(wanted, workers=3), now=2)
    assert started.running == 3
    crew.keep(replace(wanted, workers=1), now=3)
    until(lambda: started.running == 1)
    assert crew.keep(replace(wanted, workers=0), now=4) is None
    until(lambda: started.running == 0)
    assert crew.keep(replace(wanted, workers=0), now=5) == ("stopped", "")
    assert crew.keep(replace(wanted, workers=0, refused="line 3"), now=6) == ("refused", "line 3")
    assert (crew.is_idle, len(started.all)) == (True, 3)


def test_who_ends_is_started_again_after_growing_pauses(crew: Crew, started: Started, wanted: Wanted) -> None:
    one, now = replace(wanted, workers=1), 0.0
    started.code = FAILING
    crew.keep(one, now=now)
    pauses = []
    for _ in range(8):
        begun = len(started.all)
        started.all[-1].wait()
        assert crew.keep(one, now=now) == ("failing", "a worker ended with status 7")
        pause = 0.0
        while len(started.all) == begun:
            pause += 0.5
            crew.keep(one, now=now + pause)
        pauses.append(pause)
        now += pause
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    started.all[-1].wait()
    crew.keep(one, now=now)
    started.code = LASTING
    crew.keep(one, now=now + 60)
    assert crew.keep(one, now=now + 61)[0] == "failing"
    assert crew.keep(one, now=now + 61 + LONGEST_PAUSE) == ("running", "")


def test_the_last_words_of_a_worker_are_told(crew: Crew, roster: Roster, started: Started, wanted: Wanted) -> None:
    one = replace(wanted, workers=1)
    started.code = FAILING
    crew.keep(one, now=0)
    roster.say("cleaning ended: ParametersRefused")
    started.all[0].wait()
    assert crew.keep(one, now=1) == ("failing", "cleaning ended: ParametersRefused")
    started.code = LASTING
    another = replace(one, make=("another", one.make[1]))
    assert crew.keep(another, now=1) == ("running", "")  # at once, and nothing is held against it
    assert started.running == 1


def test_another_make_takes_the_place_of_the_one_before(crew: Crew, started: Started, wanted: Wanted) -> None:
    crew.keep(wanted, now=0)
    another = replace(wanted, make=("another", wanted.make[1]))
    crew.keep(another, now=1)
    until(lambda: started.running == 0)
    crew.keep(another, now=2)
    assert (started.running, len(started.all)) == (2, 4)


def test_who_does_not_end_is_killed(crew: Crew, started: Started, wanted: Wanted) -> None:
    started.code = DEAF
    crew.keep(replace(wanted, workers=1), now=0)
    assert started.all[0].stdout is not None
    started.all[0].stdout.readline()
    crew.end(now=1)
    crew.end(now=END_SECONDS)
    assert started.running == 1
    crew.end(now=END_SECONDS + 1)
    assert started.all[0].wait() == -9
    crew.end(now=END_SECONDS + 2)
    assert crew.is_idle


def test_two_supervisors_share_the_workers_and_take_over_what_is_given_up(
    roster: Roster, crew: Crew, started: Started, wanted: Wanted
) -> None:
    other = Crew(roster, holder="there", spawn=started)
    crew.keep(wanted, now=0)
    assert other.keep(wanted, now=0) is None
    three = replace(wanted, workers=3)
    assert other.keep(three, now=1) == ("running", "")
    crew.keep(three, now=1)
    assert started.running == 3
    crew.end(now=2)
    until(lambda: started.running == 1)
    crew.end(now=3)
    other.keep(three, now=4)
    assert started.running == 3


def test_a_place_is_held_by_one(roster: Roster, client: redis.Redis, wanted: Wanted) -> None:
    assert roster.hold(0, holder="here")
    assert not roster.hold(0, holder="there")
    assert roster.hold(1, holder="there")
    roster.let_go(0, holder="there")
    assert not roster.hold(0, holder="there")
    roster.let_go(0, holder="here")
    assert roster.hold(0, holder="there")
    (key,) = client.keys(f"*{wanted.environment_id}*place*:0")
    assert 0 < client.pttl(key) <= 6_000


def test_the_living_are_told_with_their_rates(roster: Roster, client: redis.Redis, wanted: Wanted) -> None:
    assert roster.alive() == []
    roster.beat(2, {"cleaning": 12.5})
    roster.beat(MOST_WORKERS - 1, {})
    assert [(each.place, each.rates) for each in roster.alive()] == [(2, {"cleaning": 12.5}), (MOST_WORKERS - 1, {})]
    (key,) = client.keys(f"*{wanted.environment_id}*worker*:2")
    assert 0 < client.pttl(key) <= 10_000
    roster.leave(2)
    assert [each.place for each in roster.alive()] == [MOST_WORKERS - 1]
    assert Roster(client, environment_id=UUID(int=1), flow=wanted.flow).alive() == []


def test_rates_are_of_the_last_seconds() -> None:
    clock = iter([0.0, 5.0, 5.0, 6.0, 10.0, 14.0, 30.0])
    rates = Rates(lambda: next(clock))
    rates.add("cleaning", 100)
    rates.add("storing", 10)
    rates.add("cleaning", 100)
    assert rates.now() == {"cleaning": 20.0, "storing": 1.0}
    assert rates.now() == {"cleaning": 20.0, "storing": 1.0}
    assert rates.now() == {}
