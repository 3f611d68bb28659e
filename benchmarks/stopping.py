"""What deciding costs of a call, and whether anything is read once a freeze or a revocation has committed."""

from __future__ import annotations

import http.client
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from threading import Event, Thread
from time import monotonic, perf_counter, sleep
from uuid import UUID, uuid4

import orjson
from django.contrib.auth.models import Group

from benchmarks.bars import Report
from benchmarks.seeding import ADDRESS, Store
from benchmarks.stage import web
from governance.actions.access_requests import Wish, declare_emergency
from governance.actions.access_rules import RuleTerms, define_access_rule
from governance.actions.clients import define_client
from governance.actions.freezes import freeze, unfreeze
from governance.actions.grants import revoke_grant
from governance.actions.rights import give_right
from governance.actions.signing import ensure_signing_key
from governance.authorization import authorize
from governance.identities import CLIENT, Caller, system_caller
from governance.models import Client, Purpose
from governance.standing import standing_of
from governance.tokens.access import issue_access_token
from keyring.walls import in_environment
from userstore.models import Accessor
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.reading.plan import accessor_plan

WORKERS, READERS, CYCLES, CALLS = 4, 8, 10, 400


def measure_stopping(store: Store, report: Report) -> None:
    """Stopping: in process what `authorize` takes of a call; over HTTP how many reads succeed after a stop."""
    _deciding(store, report)
    officer = _client(store, "officer", "configure")
    reader = _client(store, "grantee", "request")
    asked = _wishes(store, reader)
    with web(workers=WORKERS) as port:
        for name, client, cycle in (
            ("freezes of an accessor", store.client, _freezes(store, officer)),
            ("revocations of a grant", reader, _revocations(officer, reader, asked)),
        ):
            late, reads = _late(port, store, client, cycle)
            report.bar(
                f"reads that succeed after {CYCLES} {name}", late, "<=", 0, "", f"{reads} reads, {WORKERS} workers"
            )


def _deciding(store: Store, report: Report) -> None:
    standing = standing_of(store.caller.environment_id)
    ask = accessor_plan(standing, store.by_id).ask
    subjects = itertools.cycle(str(one) for one in store.subject_ids[:64])

    def call() -> None:
        asked = AccessorCall(store.caller, store.by_id, [next(subjects)], CallContext(address=ADDRESS))
        execute_accessor(asked, now=datetime.now(UTC))

    def decide() -> None:
        authorize(store.caller, ask, standing=standing, now=datetime.now(UTC))

    for work in (call, decide):
        _typical(work)
    whole, deciding = _typical(call), _typical(decide)
    report.bar(
        "authorize, of a single audited accessor call", 100 * deciding / whole, "<=", 25, "%",
        f"{deciding * 1e6:.1f} of {whole * 1e6:.0f} µs, warm",
    )  # fmt: skip


def _typical(work: Callable[[], None]) -> float:
    taken = []
    for _ in range(CALLS):
        started = perf_counter()
        work()
        taken.append(perf_counter() - started)
    return median(taken)


def _client(store: Store, name: str, operation: str) -> Client:
    system = system_caller(store.caller.environment_id)
    client = define_client(system, name=name)
    give_right(system, holder=client.account, operation=operation, on=client.environment)
    return client


def _as_caller(client: Client) -> Caller:
    groups = frozenset(client.account.groups.values_list("pk", flat=True))
    return Caller(CLIENT, client.public_id, client.account_id, client.environment_id, client.name, groups)


def _wishes(store: Store, reader: Client) -> Callable[[], Wish]:
    system = system_caller(store.caller.environment_id)
    group = Group.objects.create(name=f"benchmark-{uuid4().hex[:8]}")
    reader.account.groups.add(group)
    terms = RuleTerms(factor_minutes=None, needs_ticket=False, emergencies_per_week=10_000)
    define_access_rule(system, name="benchmark", terms=terms, emergency_group=group)
    with in_environment(store.caller.environment_id):
        accessor = Accessor.objects.get(public_id=store.by_id)
        columns = list(accessor.columns.values_list("column__public_id", flat=True))
        purpose = Purpose.objects.get(pk=accessor.purposes.values_list("pk", flat=True)[0]).public_id
    subjects = [store.subject_ids[0]]

    def wish() -> Wish:
        why = f"Measured how soon a revocation holds: {uuid4().hex}"
        return Wish(store.by_id, purpose, subjects, columns, 30, "incident_response", why)

    return wish


@contextmanager
def _stopped(stop: Callable[[], Callable[[], object]]) -> Iterator[float]:
    """Yield the moment after which nothing may begin and succeed; undo the stop afterwards."""
    undo = stop()
    yield monotonic()
    undo()


def _freezes(store: Store, officer: Client) -> Callable[[], Callable[[], object]]:
    caller = _as_caller(officer)

    def stop() -> Callable[[], object]:
        frozen = freeze(caller, kind="accessor", target_id=store.by_id)
        return lambda: unfreeze(caller, freeze_id=frozen.public_id)

    return stop


def _revocations(officer: Client, reader: Client, wish: Callable[[], Wish]) -> Callable[[], Callable[[], object]]:
    living: list[UUID] = []

    def declare() -> None:
        living.append(declare_emergency(_as_caller(reader), wish(), factor_at=None).id)

    declare()

    def stop() -> Callable[[], object]:
        revoke_grant(_as_caller(officer), grant_id=living.pop(), comment="Measured.")
        return declare

    return stop


def _late(port: int, store: Store, client: Client, stop: Callable[[], Callable[[], object]]) -> tuple[int, int]:
    """Count reads that began after a stop had committed, were answered before it was lifted, and succeeded; and all."""
    token, _ = issue_access_token(client, key=ensure_signing_key())
    body = orjson.dumps({"accessor_id": store.by_id, "context": {}, "selector_values": [str(store.subject_ids[0])]})
    begun: list[tuple[float, float, int]] = []
    over = Event()

    def read_on() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        while not over.is_set():
            started = monotonic()
            line.request("POST", "/userstore/api/accessors", body, headers)
            answer = line.getresponse()
            answer.read()
            begun.append((started, monotonic(), answer.status))
        line.close()

    readers = [Thread(target=read_on) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    stops: list[tuple[float, float]] = []
    sleep(1)
    for _ in range(CYCLES):
        with _stopped(stop) as since:
            sleep(0.3)
            stops.append((since, monotonic()))
        sleep(0.3)
    over.set()
    for reader in readers:
        reader.join()
    succeeded = [(s, e) for s, e, status in begun if status == 200]
    if not succeeded:
        raise RuntimeError("no read succeeded at all")
    # What was answered after the stop was being lifted may have been decided after it.
    late = [s for s, e in succeeded if any(since <= s and e < until for since, until in stops)]
    return len(late), len(begun)
