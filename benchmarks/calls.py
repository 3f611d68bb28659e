"""The single audited call over HTTP, against a plain Django view of the same server behind the same middleware."""

from __future__ import annotations

import http.client
import random
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from uuid import UUID

import orjson
from django.db import connection

from audit.recorder import prepare_body
from benchmarks.bars import Report, interleaved, medians, ratio
from benchmarks.load import Target, loader, rate
from benchmarks.seeding import ADDRESS, Store
from benchmarks.stage import web
from governance.actions.signing import ensure_signing_key
from governance.tokens.access import issue_access_token
from userstore.events import ACCESSOR_EXECUTED
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.reading.statements import append_prepared

PATH = "/userstore/api/accessors"
_ROUNDS = 5
_TIMES = 200


def measure_calls(store: Store, report: Report) -> None:
    """Calls: random subjects by id, so most keys have to be unwrapped; at one client without the wait for the disk."""
    sync = _disk_sync(store, report)
    _tokens(store, report)
    token, _ = issue_access_token(store.client, key=ensure_signing_key())
    with web() as port:
        accessor = Target(port, PATH, token, _bodies(store))
        plain = Target(port, "/userstore/api/plain", token, accessor.bodies[:100])
        _must_answer(accessor)
        for target in (accessor, plain):
            rate(target, clients=8)
        found = interleaved(
            {
                "plain 1": lambda: rate(plain, clients=1),
                "accessor 1": lambda: rate(accessor, clients=1),
                "plain 8": lambda: rate(plain, clients=8),
                "accessor 8": lambda: rate(accessor, clients=8),
            },
            rounds=_ROUNDS,
        )
    each = medians(found)
    pairs = zip(found["plain 1"], found["accessor 1"], strict=True)
    report.bar(
        "audited accessor call at one client, of a plain view",
        median((1 / one - sync) * view for view, one in pairs),
        "<=",
        6,
        "x",
        f"{each['accessor 1']:.0f}/s, plain {each['plain 1']:.0f}/s ({loader()}); {sync * 1e6:.0f} µs sync taken out",
    )
    report.bar(
        "audited accessor calls at eight clients, of a plain view's rate",
        100 * ratio(found, "accessor 8", "plain 8"),
        ">=",
        32,
        "%",
        f"{each['accessor 8']:.0f}/s, plain {each['plain 8']:.0f}/s",
    )


def _bodies(store: Store) -> list[str]:
    ids = list(store.subject_ids)
    random.Random(7).shuffle(ids)
    return [
        orjson.dumps({"accessor_id": store.by_id, "context": {}, "selector_values": [str(one)]}).decode() for one in ids
    ]


def _must_answer(target: Target) -> None:
    caller = http.client.HTTPConnection("127.0.0.1", target.port, timeout=10)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {target.token}"}
    caller.request("POST", target.path, target.bodies[0], headers)
    answer = caller.getresponse()
    body = answer.read()
    if answer.status != http.HTTPStatus.OK or len(orjson.loads(body)["data"]) != 1:
        raise RuntimeError(f"the accessor answers {answer.status}")
    if "X-Sealbook-Decision" not in answer.headers:
        raise RuntimeError("the accessor names no decision")


def _disk_sync(store: Store, report: Report) -> float:
    """Seconds of a commit's wait for the disk: a one-row transaction that waits, less one that does not."""
    with connection.cursor() as cursor:

        def insert(mode: str) -> Callable[[], float]:
            def case() -> float:
                cursor.execute(f"set synchronous_commit = {mode}")
                return _typical(lambda: _append_one(store))

            return case

        each = medians(interleaved({"on": insert("on"), "off": insert("off")}))
        cursor.execute("set synchronous_commit = on")
    report.note("append of one entry", f"{each['on'] * 1e6:.0f} µs, {each['off'] * 1e6:.0f} µs without the disk")
    return max(each["on"] - each["off"], 0.0)


def _append_one(store: Store) -> None:
    row = prepare_body(
        ACCESSOR_EXECUTED,
        environment_id=store.caller.environment_id,
        actor=store.caller.actor,
        facts={"accessor": store.by_id, "rows": 1, "subjects": ["0" * 32]},
    )
    append_prepared(store.caller.environment_id, row)


def _tokens(store: Store, report: Report) -> None:
    """What a call costs in process whose values leave as stored tokens: new ones, then the same ones again."""
    subjects = store.subject_ids[: 2 * _TIMES]

    def each(accessor_id: UUID) -> float:
        waiting = iter(subjects)

        def call() -> None:
            asked = AccessorCall(store.caller, accessor_id, [str(next(waiting))], CallContext(address=ADDRESS))
            execute_accessor(asked, now=datetime.now(UTC))

        return _typical(call)

    plain, new, again = each(store.by_id), each(store.tokens_by_id), each(store.tokens_by_id)
    report.note(
        "accessor call in process: values, new tokens, tokens again",
        " / ".join(f"{seconds * 1e6:.0f}" for seconds in (plain, new, again)) + " µs",
    )


def _typical(work: Callable[[], None]) -> float:
    taken = []
    for _ in range(_TIMES):
        started = perf_counter()
        work()
        taken.append(perf_counter() - started)
    return median(taken)
