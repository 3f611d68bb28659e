"""Every key of an environment is renewed while services read, look up and write over HTTP: nobody may notice."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from uuid import UUID

from django.db import connections

from audit.actors import Actor
from benchmarks.bars import Report
from benchmarks.seeding import BATCH, COLUMNS, Store, seed_batch
from benchmarks.stage import ROOT, web
from governance.actions.builtin import ALLOW_ALL
from governance.actions.clients import define_client
from governance.actions.environments import define_environment
from governance.actions.purposes import define_purpose
from governance.actions.rights import give_rights
from governance.actions.signing import ensure_signing_key
from governance.identities import system_caller
from governance.models import Client
from governance.standing import standing_of
from governance.tokens.access import issue_access_token
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.rotations import KINDS
from userstore.definitions import definitions_of

VALUES = int(os.environ.get("SEALBOOK_BENCH_ROTATED", "30000"))
"""How many values; 1000000 for the long variant."""
KNOWN = 300
"""People whose values are known beforehand, read and looked up all the time."""
WRITTEN = 50
"""People of whom somebody writes all the time; nobody else looks at them."""
REMEMBERED_SECONDS = "2"
"""How long a process believes what it knows of keys: short, so that a run does not mostly wait."""
_NAME = "rotation"


@dataclass(frozen=True, slots=True)
class Town:
    """An environment whose phone numbers and addresses can be looked up."""

    client: Client
    by_id: UUID
    by_phone: UUID
    setter: UUID
    people: Mapping[UUID, dict[str, str]]
    written: tuple[UUID, ...]


@dataclass(slots=True)
class Tally:
    """What the services did and what went wrong, over all threads."""

    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0


def measure_rotation(store: Store, report: Report) -> None:  # noqa: ARG001  every part is asked alike
    """Rotation: every kind of key by the command, under load from five services."""
    os.environ["SEALBOOK_KEYRING_REMEMBERED_SECONDS"] = REMEMBERED_SECONDS
    client, accessors, ids = _built()
    with web(workers=2) as port:
        line = Line(port, client)
        people = {who: line.row(accessors["by_id"], [str(who)]) for who in ids[:KNOWN]}
        town = Town(client, **accessors, people=people, written=tuple(ids[KNOWN : KNOWN + WRITTEN]))
        with _services(town, port) as tally:
            seconds = _renewed()
        later = Line(port, client)
        wrong = sum(later.row(town.by_id, [str(who)]) != row for who, row in people.items())
    report.note("rotation", f"{len(ids) * len(COLUMNS)} values, all kinds of keys at once, {seconds:.0f} s")
    report.bar(
        "calls that failed or told a lie meanwhile",
        len(tally.faults) + wrong,
        "<=",
        0,
        "",
        f"of {sum(tally.done.values())} ({', '.join(f'{n} {name}' for name, n in sorted(tally.done.items()))}), "
        f"the slowest {tally.slowest:.1f} s; {'; '.join(tally.faults[:3])}",
    )


def _built() -> tuple[Client, dict[str, UUID], list[UUID]]:
    environment = define_environment(Actor("system", None), name=_NAME, is_synthetic=True)
    system = system_caller(environment.id)
    client = define_client(system, name=_NAME)
    give_rights(system, holder=client.account, operations=("read", "write"), on=environment)
    purpose = define_purpose(system, name="benchmarking", legal_basis="contract")
    names = [
        define_column(
            system, spec=ColumnSpec(name, "string", index_type="indexed", pii_category="contact", sensitivity=3)
        ).public_id
        for name in COLUMNS
    ]
    outputs = tuple(map(OutputSpec, names))

    def accessor(name: str, selector: str) -> UUID:
        spec = AccessorSpec(name, selector, outputs, (purpose.public_id,), ALLOW_ALL, consent_mode="partial")
        return publish_accessor(system, spec=spec).public_id

    spec = MutatorSpec("Rename", "{id} = ?", (InputSpec(names[0]),), ALLOW_ALL)
    made = {
        "by_id": accessor("ById", "{id} = ?"),
        "by_phone": accessor("ByPhone", "{phone} = ?"),
        "setter": publish_mutator(system, spec=spec).public_id,
    }
    definitions = definitions_of(standing_of(environment.id))
    columns = [definitions.by_public_id[name] for name in names]
    people = VALUES // len(COLUMNS)
    ids = [who for _ in range(-(-people // BATCH)) for who in seed_batch(environment.id, columns, purpose.pk)]
    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")
    connections["owner"].close()
    return client, made, ids


def _renewed() -> float:
    """Renew everything as an operator does; returns seconds."""
    started = perf_counter()
    command = [sys.executable, "manage.py", "rotate_keys", "--environment", _NAME]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  our own command
    if ended.returncode or ended.stdout.count("done") != len(KINDS):
        raise RuntimeError(f"rotate_keys ended with {ended.returncode}: {ended.stderr[-400:]}")
    return perf_counter() - started


class Line:
    """One service's connection. A new token every five minutes, as a service gets one."""

    def __init__(self, port: int, client: Client) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._client, self._token, self._until = client, "", 0.0

    def row(self, accessor: UUID, values: list[str]) -> dict[str, str]:
        """Return the first row of a read."""
        return self.rows(accessor, values)[0]

    def rows(self, accessor: UUID, values: list[str]) -> list[dict[str, str]]:
        """Return the rows of a read."""
        body = {"accessor_id": str(accessor), "context": {}, "selector_values": values}
        return [json.loads(row) for row in self._post("/userstore/api/accessors", body)["data"]]

    def rename(self, mutator: UUID, who: UUID, name: str) -> None:
        """Write somebody's name."""
        change = {"value": name, "purpose_additions": [{"name": "benchmarking"}]}
        body = {
            "mutator_id": str(mutator),
            "context": {},
            "selector_values": [str(who)],
            "row_data": {COLUMNS[0]: change},
        }
        self._post("/userstore/api/mutators", body)

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, list[str]]:
        if perf_counter() > self._until:
            self._token, _ = issue_access_token(self._client, key=ensure_signing_key())
            self._until = perf_counter() + 300
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._link.request("POST", path, json.dumps(body), headers)
        answer = self._link.getresponse()
        content = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {answer.status}")
        found: dict[str, list[str]] = json.loads(content)
        return found


@contextmanager
def _services(town: Town, port: int) -> Iterator[Tally]:
    """Five services at work: two read, two look up, one writes and reads what it wrote."""
    known = list(town.people.items())

    def reads(line: Line, random: Random) -> bool:
        who, row = random.choice(known)
        return line.row(town.by_id, [str(who)]) == row

    def looks_up(line: Line, random: Random) -> bool:
        _, row = random.choice(known)
        return row in line.rows(town.by_phone, [row["phone"]])

    def writes(line: Line, random: Random) -> bool:
        who, name = random.choice(town.written), f"Synthetic Person {random.randrange(10**9)}"
        line.rename(town.setter, who, name)
        return line.row(town.by_id, [str(who)])[COLUMNS[0]] == name

    tally, stopped = Tally(), threading.Event()

    def work(name: str, call: Callable[[Line, Random], bool], seed: int) -> None:
        line, random = Line(port, town.client), Random(seed)
        while not stopped.is_set():
            started = perf_counter()
            try:
                if not call(line, random):
                    tally.faults.append(f"{name}: a wrong answer")
            except Exception as error:  # every one counts
                tally.faults.append(f"{name}: {type(error).__name__}: {error}")
                line = Line(port, town.client)
            tally.done[name] += 1
            tally.slowest = max(tally.slowest, perf_counter() - started)
        connections.close_all()

    jobs = (("reads", reads), ("reads", reads), ("look-ups", looks_up), ("look-ups", looks_up), ("writes", writes))
    threads = [threading.Thread(target=work, args=(*job, seed)) for seed, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    try:
        yield tally
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
