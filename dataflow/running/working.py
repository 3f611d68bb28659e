"""The worker of one service: take, run, commit, again and again until it is told to stop."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event
from time import monotonic
from typing import TypeVar

from dataflow.engines.protocol import Batch, Change, Engine, Intake, Outcome, Overtaken
from dataflow.engines.redis_streams import RedisStreams
from dataflow.functions.protocol import Secrets
from dataflow.inline.running import Runner
from dataflow.planning.plan import Plan, Service
from dataflow.running.ledger import Ledger
from dataflow.running.program import Program
from dataflow.running.renewing import renewed
from dataflow.store.protocol import StoreAway

T = TypeVar("T")

AT_ONCE = 500
"""Records of one batch where each is an entry."""
PATIENCE = 0.5
"""Seconds that a worker waits for messages before it looks whether it is to stop."""
PAUSE = 1.0
"""Seconds after which a store that was away is asked again."""
FRESH = 5.0
"""Seconds for which what became of a batch may wait before it is sent; later people are asked for anew."""
PATIENT, LONGEST_PAUSE = 3, 64
"""How often a batch may be lost to other workers before it is divided, and milliseconds between."""


def prepare(plan: Plan, engine: RedisStreams) -> None:
    """Have all services in their topics before any works: none misses what comes from now on, or another puts out."""
    for service in plan.services:
        engine.prepare(flow_id(plan), service.name, _beginnings(service))


def _beginnings(service: Service) -> list[tuple[str, str]]:
    return [(port.topic.wire_name, _START[port.topic.consumer.position]) for port in service.sources]


def work(
    plan: Plan,
    service: Service,
    engine: Engine,
    *,
    stop: Event,
    told: Callable[[int], None],
    secrets_of: Secrets | None = None,
) -> None:
    """Run a service until `stop`. A batch under way is finished; one that is cut off is done again by whoever comes.

    Args:
        told: called after each commit with the number of messages that it was.
        secrets_of: where built-in functions have keys from.
    """
    runner = Runner()
    try:
        program = Program(service, runner, secrets_of)
        intake = engine.intake(flow_id(plan), service.name, _beginnings(service), _name_of_worker())
        _go_on(intake, program, stop=stop, told=told)
    finally:
        runner.close()


def work_off(
    plan: Plan, engine: Engine, *, stop: Event, told: Callable[[int], None], secrets_of: Secrets | None = None
) -> None:
    """Run all services in turn until nothing is left for any of them, or until `stop`."""
    runners = [Runner() for _ in plan.services]
    try:
        ends = []
        for service, runner in zip(plan.services, runners, strict=True):
            topics = [(port.topic.wire_name, _START["beginning"]) for port in service.sources]
            intake = engine.intake(flow_id(plan), service.name, topics, _name_of_worker())
            ends.append((Program(service, runner, secrets_of), intake))
        progress = True
        while progress and not stop.is_set():
            progress = False
            for program, intake in ends:
                batch = intake.take(most=AT_ONCE, wait=0.0)
                if batch is not None:
                    progress |= _settle(intake, program, batch, stop=stop, told=told)
    finally:
        for each in runners:
            each.close()


def _go_on(intake: Intake, program: Program, *, stop: Event, told: Callable[[int], None]) -> None:
    """Take and work on a batch while the one before is committed: the engine and this process are busy both."""
    under_way: Callable[[], None] | None = None

    def end() -> None:
        nonlocal under_way
        ending, under_way = under_way, None
        if ending is not None:
            ending()

    while intake.is_ahead or not stop.is_set():
        batch = _patiently(stop, intake, partial(intake.take, most=AT_ONCE, wait=PATIENCE), before_waiting=end)
        if batch is None and stop.is_set():
            break
        if batch is None:
            end()
            continue
        settle = partial(_settle, intake, program, batch, stop=stop, told=told)
        if program.changes_rows:  # the next batch sees what this one makes of rows
            settle()
            continue
        worked, since = _run(intake, program, batch, stop, before_waiting=end), monotonic()
        end()
        if worked is not None and monotonic() - since > FRESH:
            settle()
        elif worked is not None:
            if not stop.is_set():
                intake.look_ahead(most=AT_ONCE)
            under_way = _begun(partial(intake.committing, batch, *worked), told=told, otherwise=settle)
    end()


def _begun(
    committing: Callable[[], Callable[[], int]], *, told: Callable[[int], None], otherwise: Callable[[], object]
) -> Callable[[], None]:
    """Begin to commit and return what ends it; `otherwise` is what is done where keys are away meanwhile.

    What became of the batch is not kept for later then: whoever permitted it may have withdrawn it by the time keys
    are back.
    """
    begun: Callable[[], int] | None = None
    with suppress(StoreAway):
        begun = committing()

    def end() -> None:
        try:
            if begun is not None:
                told(begun())
                return
        except StoreAway:
            pass
        otherwise()

    return end


def _settle(intake: Intake, program: Program, batch: Batch, *, stop: Event, told: Callable[[int], None]) -> bool:
    """Work on a batch and commit it; where others were faster, on what is left of it anew, at last in smaller parts.

    Whoever was faster has committed, so somebody always gets on. Returns whether anything was committed.
    """
    waiting, lost, progress = [batch], 0, False
    while waiting and not stop.is_set():
        some = waiting.pop()
        worked = _run(intake, program, some, stop)
        if worked is None:
            break
        try:
            told(intake.committing(some, *worked)())
        except StoreAway:  # worked on anew when it is back: what people permit is asked then
            intake.renew()
            waiting.append(some)
            stop.wait(PAUSE)
        except Overtaken as overtaken:
            lost += 1
            waiting += _parts(overtaken.left, 1 if lost < PATIENT else 2)
            stop.wait(secrets.randbelow(min(2**lost, LONGEST_PAUSE)) / 1000)
        else:
            lost, progress = 0, True
    return progress


def _parts(batch: Batch, number: int) -> list[Batch]:
    """Return a batch in parts, the last one first; none where nothing is in it."""
    size = max(1, -(-len(batch.entries) // number))
    firsts = reversed(range(0, len(batch.entries), size))
    return [Batch(batch.topic, batch.entries[first : first + size]) for first in firsts]


def _nothing() -> None:
    """Have nothing under way."""


def _run(
    intake: Intake, program: Program, batch: Batch, stop: Event, *, before_waiting: Callable[[], None] = _nothing
) -> tuple[list[Outcome], list[Change]] | None:
    """Return what becomes of a batch and of rows; None where the store was away until the end: others will do it."""
    while not stop.is_set():
        ledger = Ledger(intake.rows, intake.refuses)
        try:
            with renewed(intake):
                return program.work(batch, ledger), ledger.changes
        except StoreAway:
            before_waiting()
            intake.renew()
            stop.wait(PAUSE)
    return None


def _patiently(
    stop: Event, intake: Intake, ask: Callable[[], T | None], *, before_waiting: Callable[[], None]
) -> T | None:
    """Return the answer, asking again while keys are away; None where they are until the end."""
    while True:
        try:
            return ask()
        except StoreAway:
            before_waiting()
            intake.renew()
            if stop.wait(PAUSE):
                return None


_START = {"beginning": "0", "end": "$"}


def flow_id(plan: Plan) -> str:
    """Return what an engine calls a flow: its versions go on where the one before stood."""
    return f"{plan.meta.namespace}/{plan.meta.name}"


def _name_of_worker() -> str:
    return f"{os.getpid()}-{secrets.token_hex(4)}"
