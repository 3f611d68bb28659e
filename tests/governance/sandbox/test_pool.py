"""Helpers are lent, replaced, given up in a fork, and never outlive this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, Timer
from time import monotonic, sleep
from typing import Any

import psutil
import pytest

from governance.policies import sandbox
from governance.policies.sandbox import (
    Limits,
    ScriptKilled,
    ScriptPool,
    ScriptUnavailable,
    pool,
    run_policy,
)
from governance.policies.sandbox.helper import engine, locks

from .conftest import judged, policy, raising, script

LOOP_ON_THE_WALL = script("function policy(c) { if (c.loop) for (;;); return true }", host_calls=frozenset({"ask"}))


def running() -> int:
    """How many children of this process run as helpers."""
    return sum("helper.loop" in " ".join(child.cmdline()) for child in psutil.Process().children())


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = monotonic() + 10
    while not holds() and monotonic() < deadline:
        sleep(0.01)
    return holds()


def helpers() -> set[int]:
    return {helper.pid for helper in pool()._all}


def test_the_pool_keeps_the_helpers_asked_for_and_a_spare(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 3
    pool()
    assert eventually(lambda: len(pool()._idle) == 3 and len(pool()._spares) == 1)


def test_several_threads_are_served_at_once_and_none_gets_anothers_answer() -> None:
    same = policy("return context.n === params.n")

    def mine(n: int) -> bool:
        return all(run_policy(same, [{"n": n}, {"n": n + 1}], {"n": n}) == [True, False] for _ in range(50))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(mine, range(16)))


def test_waiting_for_a_helper_counts_against_the_deadline(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    own_pool.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 300
    assert judged("return true") == [True]
    lent = pool()._borrow(monotonic() + 5)
    started = monotonic()
    with pytest.raises(ScriptUnavailable):
        judged("return true")
    assert 0.25 < monotonic() - started < 3
    pool()._return(lent)
    assert judged("return true") == [True]


def test_who_waits_gets_a_helper_as_soon_as_one_is_free(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    own_pool.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 5_000
    lent = pool()._borrow(monotonic() + 5)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(judged, "return true") for _ in range(4)]
        sleep(0.05)
        assert not any(one.done() for one in waiting)
        pool()._return(lent)
        assert [one.result(timeout=5) for one in waiting] == [[True]] * 4


def test_a_helper_killed_in_mid_call_is_replaced(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    own_pool.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 5_000
    run_policy(LOOP_ON_THE_WALL, [{}], {})
    (busy,) = {helper.pid for helper in pool()._idle}
    killer = Timer(0.1, os.kill, (busy, signal.SIGKILL))
    killer.start()
    with pytest.raises(ScriptKilled) as ended:
        run_policy(LOOP_ON_THE_WALL, [{"loop": True}], {})
    killer.join()
    assert ended.value.cause == "crash"
    assert judged("return true") == [True]
    assert busy not in {helper.pid for helper in pool()._idle}
    assert eventually(lambda: running() == 2 and not psutil.pid_exists(busy))


def test_a_helper_killed_while_idle_costs_one_call_and_is_replaced(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    assert judged("return true") == [True]
    (idle,) = {helper.pid for helper in pool()._idle}
    os.kill(idle, signal.SIGKILL)
    assert eventually(lambda: psutil.Process(idle).status() == psutil.STATUS_ZOMBIE)
    with pytest.raises(ScriptKilled):
        judged("return true")
    assert judged("return true") == [True]


def test_a_killed_helper_is_replaced_from_the_spare_and_the_spare_is_renewed(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    assert eventually(lambda: len(pool()._spares) == 1)
    (spare,) = {helper.pid for helper in pool()._spares}
    with pytest.raises(ScriptKilled) as ended:
        run_policy(policy("for (;;);", host_calls=frozenset({"ask"})), [{}], {})
    assert ended.value.cause == "timeout"
    assert {helper.pid for helper in pool()._idle} == {spare}
    assert eventually(lambda: len(pool()._spares) == 1)
    assert spare not in {helper.pid for helper in pool()._spares}


def test_a_storm_of_kills_leaves_the_pool_as_large_as_it_was(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 2
    own_pool.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 200

    def storm(_: int) -> None:
        with pytest.raises((ScriptKilled, ScriptUnavailable)):
            run_policy(policy("for (;;);", host_calls=frozenset({"ask"})), [{}], {})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(storm, range(12)))
    assert eventually(lambda: len(pool()._idle) == 2 and len(pool()._spares) == 1 and running() == 3)
    assert eventually(lambda: judged("return true") == [True])


def test_a_tired_helper_is_replaced_after_its_answer(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    assert eventually(lambda: len(pool()._spares) == 1)
    (tired,) = pool()._idle
    tired.tired = True
    assert judged("return true") == [True]
    assert tired not in pool()._idle
    assert eventually(lambda: len(pool()._idle) == 1 and len(pool()._spares) == 1)


def test_a_helper_asks_to_be_replaced_long_before_its_cpu_is_used_up() -> None:
    calls_between_looks, seconds_of_one = 1024, 0.25
    assert engine.TIRED_AFTER + calls_between_looks * seconds_of_one < locks.CPU_SECONDS


def test_more_scripts_than_a_helper_keeps_are_all_answered(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    many = [policy(f"return context.n === {n}") for n in range(engine.CONTEXTS + 3)]
    for _ in range(2):
        for n, one in enumerate(many):
            assert run_policy(one, [{"n": n}], {}) == [True]


def test_a_forked_child_starts_helpers_of_its_own_and_leaves_ours_alone() -> None:
    assert eventually(lambda: len(pool()._spares) == 1)
    ours = helpers()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            answered = judged("return true") == [True]
            code = 0 if answered and not helpers() & ours else 2
            sandbox.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert judged("return true") == [True]
    assert helpers() == ours


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "sys.exit()", "raise SystemError"])
def test_no_helper_outlives_its_process_however_it_ends(end: str) -> None:
    started = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import os, sys, time\n"
            "from uuid import UUID\n"
            "from django.conf import settings\n"
            "settings.configure(GOVERNANCE_SCRIPT_HELPERS=2, GOVERNANCE_SCRIPT_CPU_MILLISECONDS=50,"
            " GOVERNANCE_SCRIPT_WALL_MILLISECONDS=60_000, GOVERNANCE_SCRIPT_MEMORY_BYTES=1 << 24,"
            " GOVERNANCE_SCRIPT_NETWORK_MILLISECONDS=0)\n"
            "from threading import Thread\n"
            "from governance.policies.sandbox import Script, pool, run_policy\n"
            "loop = Script(UUID(int=1), 'loop', 'const policy = () => { for (;;); }', 'policy', frozenset({'ask'}))\n"
            "pool().lock_report()\n"
            "Thread(target=run_policy, args=(loop, [{}], {}), daemon=True).start()\n"
            "while len(pool()._all) < 3: time.sleep(0.01)\n"
            "time.sleep(0.2)\n"
            "print(*(helper.pid for helper in pool()._all), flush=True)\n"
            f"{end}\n",
        ],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
    )
    pids = [int(pid) for pid in started.stdout.split()]
    assert len(pids) == 3
    assert eventually(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_helper_lives_on_when_the_thread_that_first_needed_one_ends(own_pool: Any) -> None:
    first = Thread(target=lambda: judged("return true"))
    first.start()
    first.join()
    before = helpers()
    sleep(0.05)
    assert judged("return true") == [True]
    assert before <= helpers()


def test_a_closed_pool_serves_nobody_and_leaves_no_process() -> None:
    own = ScriptPool(helpers=1, limits=Limits(cpu_milliseconds=50, wall_milliseconds=250, memory_bytes=1 << 24))
    own.lock_report()
    pids = [helper.pid for helper in own._all]
    own.close()
    with pytest.raises(ScriptUnavailable):
        own.run(policy("return true"), b"[{},[{}]]")
    assert eventually(lambda: not any(_runs(pid) for pid in pids))


def test_an_interrupted_caller_leaves_no_helper_with_half_an_answer(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1

    with pytest.raises(KeyboardInterrupt):
        run_policy(policy("return ask(1)", host_calls=frozenset({"ask"})), [{}], {}, host=raising(KeyboardInterrupt()))
    assert judged("return context.n === 7", {"n": 7}) == [True]


def test_the_next_call_does_not_wait_for_the_reaping_of_the_last_helper(
    own_pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    assert eventually(lambda: len(pool()._spares) == 1)
    gate = Event()
    (going,) = pool()._idle
    kill = going.kill
    monkeypatch.setattr(going, "kill", lambda: (gate.wait(5), kill()))
    with pytest.raises(ScriptKilled):
        run_policy(policy("for (;;);", host_calls=frozenset({"ask"})), [{}], {})
    assert judged("return true") == [True]
    gate.set()
