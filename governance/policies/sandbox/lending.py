"""The helpers of this process: started lazily, lent to one thread for one call, replaced from a spare when one goes."""

from __future__ import annotations

import atexit
import os
from collections import deque
from contextlib import suppress
from queue import SimpleQueue
from threading import BoundedSemaphore, Condition, Event, Lock, Thread
from time import monotonic

from django.conf import settings

from .errors import ScriptKilled, ScriptSuspended, ScriptUnavailable
from .process import Helper, HelperBroken, HostFailed, LockReport
from .quarantine import Quarantine
from .script import HostCalls, Limits, Script

PAUSE_AFTER_FAILURE = 1.0
"""Seconds before another start is tried where a helper could not lock itself in."""
CHECK_SECONDS = 5.0
"""How long examining a text at publish may take: a person waits, and the text may be long."""


class ScriptPool:
    """Lends helpers to the threads of one process.

    One permanent thread, the keeper, starts and reaps them: a helper is told by the kernel to die with the *thread*
    that started it, and the threads of a web server come and go.
    """

    def __init__(self, *, helpers: int, limits: Limits) -> None:
        self.limits = limits
        self._wall = limits.wall_milliseconds / 1000
        self._network = limits.network_milliseconds / 1000
        self._outward = BoundedSemaphore(max(1, helpers - 1))
        self._idle: deque[Helper] = deque()
        self._spares: deque[Helper] = deque()
        self._all: set[Helper] = set()
        self._wanted = helpers
        self._missing = helpers
        self._waiting = 0
        self._freed = Condition(Lock())
        self._settled = Event()
        self._closed = False
        self._orders: SimpleQueue[Helper | None] = SimpleQueue()
        self._quarantine = Quarantine()
        self._keeper = Thread(target=self._keep, name="script-helpers", daemon=True)
        self._keeper.start()
        for _ in range(helpers + 1):
            self._orders.put(None)

    def run(self, script: Script, body: bytes, *, host: HostCalls | None = None) -> bytes:
        """Have a script judge one message within the limits and give the answer as JSON.

        Raises ScriptUnavailable where no helper is free in time, ScriptKilled where a limit ended the call, and
        whatever a host call raised.
        """
        if self._quarantine.holds(script.digest):
            raise ScriptSuspended
        if script.reaches_out:
            return self._run_outward(script, body, host)
        return self._run(script, body, host, self._deadline(self._wall))

    def _run_outward(self, script: Script, body: bytes, host: HostCalls | None) -> bytes:
        """Give a script that waits for other hosts their time, but never every helper there is."""
        deadline = self._deadline(self._wall + self._network)
        if not self._outward.acquire(timeout=max(0.0, deadline - monotonic())):
            raise ScriptUnavailable
        try:
            return self._run(script, body, host, deadline)
        finally:
            self._outward.release()

    def _run(self, script: Script, body: bytes, host: HostCalls | None, deadline: float) -> bytes:
        helper = self._borrow(deadline)
        try:
            answer = helper.run(script, body, deadline=deadline, host=host)
        except ScriptKilled:
            self._return(helper)
            self._quarantine.count(script.digest)
            raise
        except HostFailed as problem:
            self._return(helper)
            raise problem.reason from None
        except HelperBroken as problem:
            if self._is_to_blame(problem, helper):
                self._quarantine.count(script.digest)
            self._replace(helper)
            raise ScriptKilled(problem.kind) from None
        except BaseException:
            self._replace(helper)
            raise
        self._return(helper)
        return answer

    def check(self, packed: bytes) -> tuple[str, int, int] | None:
        """Examine a text in a throw-away context: nothing where it is a script, else the reason and the place."""
        deadline = self._deadline(CHECK_SECONDS)
        helper = self._borrow(deadline)
        try:
            found = helper.check(packed, deadline=min(deadline, monotonic() + 10 * self._wall))
        except ScriptKilled:
            self._return(helper)
            raise
        except HelperBroken as problem:
            self._replace(helper)
            raise ScriptKilled(problem.kind) from None
        except BaseException:
            self._replace(helper)
            raise
        self._return(helper)
        return found

    def lock_report(self) -> LockReport:
        """Tell which layers a started helper announced; ScriptUnavailable where none can be started."""
        helper = self._borrow(self._deadline(CHECK_SECONDS))
        report = helper.locks
        self._return(helper)
        return report

    def close(self) -> None:
        """Kill every helper; calls under way end as killed, later ones find no helper."""
        self._closed = True
        for helper in tuple(self._all):
            helper.kill()
        self._idle.clear()
        self._spares.clear()
        self._orders.put(None)
        with self._freed:
            self._freed.notify_all()

    def forget(self) -> None:
        """In a forked child: close this side of the parent's connections, or its helpers would never see it go."""
        self._closed = True
        for helper in tuple(self._all):
            helper.forget()

    def _is_to_blame(self, problem: HelperBroken, helper: Helper) -> bool:
        """Tell a script that used its time from one whose helper never got the processor, or waited for a host call."""
        return problem.kind != "timeout" or helper.cpu_of_call() >= self.limits.cpu_milliseconds / 1000

    def _deadline(self, seconds: float) -> float:
        """Start the clock of a call; only the very first helper of a process is waited for longer."""
        if not self._settled.is_set():
            self._settled.wait(CHECK_SECONDS)
        return monotonic() + seconds

    def _borrow(self, deadline: float) -> Helper:
        try:
            return self._idle.pop()
        except IndexError:
            return self._wait_for_one(deadline)

    def _wait_for_one(self, deadline: float) -> Helper:
        with self._freed:
            self._waiting += 1  # before looking again: whoever returns a helper after that look sees it and notifies
            try:
                while not self._closed:
                    with suppress(IndexError):
                        return self._idle.pop()
                    left = deadline - monotonic()
                    if left <= 0:
                        break
                    self._freed.wait(left)
            finally:
                self._waiting -= 1
        raise ScriptUnavailable

    def _return(self, helper: Helper) -> None:
        if helper.tired:
            self._replace(helper)
        else:
            self._offer(helper)

    def _offer(self, helper: Helper) -> None:
        self._idle.append(helper)
        if self._waiting:
            with self._freed:
                self._freed.notify()

    def _replace(self, helper: Helper) -> None:
        """Put the spare in at once; killing, reaping and the next start are the keeper's."""
        try:
            self._offer(self._spares.popleft())
        except IndexError:
            with self._freed:
                self._missing += 1
        self._orders.put(helper)

    def _keep(self) -> None:
        """Start a helper per order, after killing the one it replaces, until the pool is closed."""
        pause = Event()
        while True:
            replaced = self._orders.get()
            if replaced is not None:
                self._all.discard(replaced)
                with suppress(OSError):
                    replaced.kill()
            while not self._closed and not self._start():
                self._settled.set()  # nobody waits for what cannot be started
                pause.wait(PAUSE_AFTER_FAILURE)
            if self._closed:
                return

    def _start(self) -> bool:
        try:
            helper = Helper(self.limits)
        except Exception:  # the keeper must live, every helper dies with it
            return False
        self._all.add(helper)
        try:
            helper.greet()
        except HelperBroken:
            self._all.discard(helper)
            helper.kill()
            return False
        if self._closed:
            helper.kill()
            return True
        self._employ(helper)
        return True

    def _employ(self, helper: Helper) -> None:
        with self._freed:
            if self._missing:
                self._missing -= 1
                self._idle.append(helper)
                self._freed.notify()
            else:
                self._spares.append(helper)
        self._settled.set()


_pool: ScriptPool | None = None
_pool_lock = Lock()
_owner = 0


def pool() -> ScriptPool:
    """Give the pool of this process, started on first use. A forked child gets its own."""
    if _pool is not None and _owner == os.getpid():
        return _pool
    return _open()


def close() -> None:
    """Kill the helpers of this process; the next use starts new ones."""
    global _pool  # noqa: PLW0603  one pool per process
    with _pool_lock:
        if _pool is not None and _owner == os.getpid():
            _pool.close()
        _pool = None


def lock_report() -> LockReport:
    """Tell which layers a helper of this process announced; ScriptUnavailable where none can be started."""
    return pool().lock_report()


def _open() -> ScriptPool:
    global _pool, _owner  # noqa: PLW0603  one pool per process
    with _pool_lock:
        if _pool is None or _owner != os.getpid():
            _pool = ScriptPool(helpers=settings.GOVERNANCE_SCRIPT_HELPERS, limits=Limits.of_settings())
            _owner = os.getpid()
        return _pool


def _let_go_in_child() -> None:
    global _pool, _pool_lock
    inherited, _pool, _pool_lock = _pool, None, Lock()
    if inherited is not None:
        inherited.forget()


os.register_at_fork(after_in_child=_let_go_in_child)
atexit.register(close)
