"""What a script policy adds to the second decision of a call, first subject and further ones."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count as counting
from statistics import median
from time import perf_counter
from uuid import UUID

from benchmarks.bars import Report, interleaved
from benchmarks.seeding import ADDRESS, Store
from governance.authorization import authorize
from governance.policies.sandbox import close
from userstore.reading.admission import admit, call_facts
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.consent import keep_consented
from userstore.reading.opening import unseal
from userstore.reading.plan import plan_read
from userstore.reading.selection import UPWARDS, select_sealed

MANY = 100
_TIMES = 300
_ECHO = "import os\nwhile told := os.read(0, 4096): os.write(0, told)"


def measure_scripts(store: Store, report: Report) -> None:
    """Scripts: the same opened subjects before a policy with a script and before one without."""
    scripted_one, scripted_many = _decision(store, store.scripted, 1), _decision(store, store.scripted, MANY)
    started = perf_counter()
    scripted_one()
    report.note("first script of a process (starts its helpers)", f"{(perf_counter() - started) * 1000:.0f} ms")
    for _ in range(50):
        scripted_one()
    with _echo() as bare:
        found = interleaved(
            {
                "scripted one": _typical(scripted_one),
                "scripted many": _typical(scripted_many),
                "native one": _typical(_decision(store, store.native_profile, 1)),
                "native many": _typical(_decision(store, store.native_profile, MANY)),
                "scripted new": _typical(_decision(store, store.scripted, 1, claims=counting())),
                "bare": _typical(bare),
            }
        )
    added = [one - other for one, other in zip(found["scripted one"], found["native one"], strict=True)]
    further = [
        (many - other - first) / (MANY - 1)
        for many, other, first in zip(found["scripted many"], found["native many"], added, strict=True)
    ]
    report.bar("warm script policy, added to a call", median(added) * 1e6, "<=", 60, "µs")
    report.bar("warm script policy, per further subject", median(further) * 1e6, "<=", 5, "µs")
    fresh = [new - other for new, other in zip(found["scripted new"], found["native one"], strict=True)]
    report.note("the same with a context that is new in every call", f"{median(fresh) * 1e6:8.2f} µs")
    report.note("bare round trip to another process, right now", f"{median(found['bare']) * 1e6:8.2f} µs")
    close()


def _decision(
    store: Store, accessor_id: UUID, count: int, *, claims: Iterator[int] | None = None
) -> Callable[[], None]:
    """Make a case of one decision; with `claims` the caller says something else every time."""
    now = datetime.now(UTC)
    ids = [str(subject) for subject in store.subject_ids[:count]]
    call = AccessorCall(store.caller, accessor_id, [ids], CallContext(address=ADDRESS))
    plan = plan_read(call)
    clearance = authorize(call.caller, plan.ask, standing=plan.accessor.standing, now=now)
    sealed, _ = select_sealed(plan, clearance, UPWARDS, limit=count, now=now)
    opened = unseal(
        keep_consented(sealed, plan.accessor.purpose_numbers, now=now), plan.accessor.definitions, clearance
    )

    def decide() -> None:
        said = call.context if claims is None else CallContext(address=ADDRESS, claimed={"ticket": next(claims)})
        facts = call_facts(clearance, said, action="Execute", purposes=("benchmarking",), now=now)
        admitted = admit(opened, plan.accessor.policy, facts, plan.accessor.seen)
        assert len(admitted.subjects) == count

    return decide


@contextmanager
def _echo() -> Iterator[Callable[[], None]]:
    """A process that does nothing but answer: what of a script's price is the machine's."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", _ECHO], stdin=theirs.fileno())  # noqa: S603  our own
    theirs.close()
    told = b"x" * 256

    def ask() -> None:
        ours.sendall(told)
        ours.recv(4096)

    ask()
    try:
        yield ask
    finally:
        ours.close()
        process.wait()


def _typical(work: Callable[[], None]) -> Callable[[], float]:
    """A case that returns the median of many single runs: one waits for a process, and some wait longer."""

    def case() -> float:
        taken = []
        for _ in range(_TIMES):
            started = perf_counter()
            work()
            taken.append(perf_counter() - started)
        return median(taken)

    return case
