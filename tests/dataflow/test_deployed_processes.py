"""A published flow on the server: `run_deployments` and its workers as processes, killed, rescaled, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from config.embedded.processes import command_of
from dataflow.actions.deployments import deploy_flow, rescale_flow, stop_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.deployments.roster import Roster
from dataflow.engines.redis_streams import RedisStreams
from dataflow.models import Deployment
from dataflow.running.deployed import engine_for
from governance.identities import Caller
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from tests.dataflow.published import CARDS

pytestmark = pytest.mark.django_db(transaction=True)
AddressOf = Callable[[str], str]


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


@pytest.fixture
def engineer(environment: Environment) -> Caller:
    return cast.new_caller(environment, "engineer", configure=True)


@pytest.fixture
def supervise(role_url: AddressOf, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    begun: list[subprocess.Popen[bytes]] = []

    def supervise() -> subprocess.Popen[bytes]:
        environ = {**os.environ, "DATABASE_URL": role_url("app"), "DJANGO_SETTINGS_MODULE": "config.settings"}
        environ |= {"SEALBOOK_READY_FILE": str(tmp_path / f"ready-{len(begun)}"), "REDIS_URL": settings.REDIS_URL}
        environ.pop("DATABASE_MIGRATION_URL", None)
        command = [sys.executable, "-m", "django", "run_deployments"]
        begun.append(subprocess.Popen(command, cwd=Path(__file__).parents[2], env=environ, start_new_session=True))
        until((tmp_path / f"ready-{len(begun) - 1}").exists)
        return begun[-1]

    yield supervise
    for each in begun:
        each.terminate()
    for each in begun:
        each.wait(30)


def until(happened: Callable[[], Any]) -> None:
    deadline = monotonic() + 60
    while not happened():
        assert monotonic() < deadline
        sleep(0.05)


def workers_of(deployment: UUID) -> list[int]:
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        if f"--deployment={deployment}" in command_of(int(each.name)):
            found.append(int(each.name))
    return found


def state_of(environment: Environment) -> str:
    with in_environment(environment.id):
        return Deployment.objects.get().state


def succeeded(engine: RedisStreams) -> int:
    return engine.counters("tests/cards").get("cleaning", {}).get("succeeded", 0)


def test_a_deployed_flow_runs_is_rescaled_survives_kills_and_stops(
    environment: Environment, engineer: Caller, supervise: Callable[[], subprocess.Popen[bytes]]
) -> None:
    job = cast.new_caller(environment, "job")
    item = publish_to_hub(engineer, files={"dataflow.yaml": CARDS})
    made = deploy_flow(engineer, item=item.public_id, client=job.id).public_id
    engine = engine_for(job)
    roster = Roster(engine.client, environment_id=environment.id, flow="tests/cards")
    engine.produce("orders", [(None, b"of 123-45-6789")] * 3)
    supervisor = supervise()
    until(lambda: succeeded(engine) == 3)
    until(lambda: state_of(environment) == "running" and len(roster.alive()) == 1)
    assert {each.value for each in engine.consume("clean", beginning=True, wait=None)} == {b"of ***-**-****"}

    rescale_flow(engineer, public_id=made, workers=2)
    until(lambda: len(roster.alive()) == 2)
    (first, second) = workers_of(made)
    os.kill(first, signal.SIGKILL)
    until(lambda: state_of(environment) == "failing")
    until(lambda: first not in workers_of(made) and len(workers_of(made)) == 2)

    supervisor.kill()  # its workers end by themselves, and another one takes over
    supervisor.wait()
    until(lambda: second not in workers_of(made) and workers_of(made) == [])
    engine.produce("orders", [(None, b"another")] * 2)
    supervise()
    until(lambda: succeeded(engine) == 5)

    stop_flow(engineer, public_id=made)
    until(lambda: state_of(environment) == "stopped")
    assert (workers_of(made), roster.alive()) == ([], [])
    engine.produce("orders", [(None, b"later")])
    assert succeeded(engine) == 5
    assert len(list(engine.consume("clean", beginning=True, wait=None))) == 5
