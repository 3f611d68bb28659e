"""What is wrong with one deployment holds up no other one, and an environment has so many workers and no more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from django.db import DataError, OperationalError

from dataflow.actions.deployments import deploy_flow, rescale_flow, start_flow, stop_flow, undeploy_flow
from dataflow.actions.topics import declare_topics
from dataflow.deployments import serving, supervising
from dataflow.deployments.crew import Crew
from dataflow.deployments.serving import serve
from dataflow.deployments.supervising import Supervisor
from dataflow.deployments.wanted import Wanted
from dataflow.models import Deployment, FlowTopic
from dataflow.planning.plan import Plan
from dataflow.queries import find_published
from dataflow.running.deployed import plan_of
from governance.errors import Conflict, NotFound
from governance.identities import Caller
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from tests.dataflow.test_deployments import published

pytestmark = pytest.mark.django_db(transaction=True)
GOOD, BAD = "tests/cards", "tests/accounts"


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


@pytest.fixture
def engineer(environment: Environment) -> Caller:
    return cast.new_caller(environment, "engineer", configure=True)


@pytest.fixture
def job(environment: Environment) -> Caller:
    return cast.new_caller(environment, "job")


class House:
    """A supervisor by a clock of its own, over processes that last; none can be had for the bad flow while `fails`."""

    def __init__(self) -> None:
        self.now, self.fails, self.tried = 0.0, True, 0
        self.processes: list[subprocess.Popen[bytes]] = []
        self.supervisor = Supervisor(spawn=self.spawn, clock=lambda: self.now)

    def spawn(self, wanted: Wanted, _place: int) -> subprocess.Popen[bytes]:
        if wanted.flow == BAD:
            self.tried += 1
            if self.fails:
                raise BlockingIOError
        self.processes.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]))
        return self.processes[-1]

    def turn(self, *, seconds: float = 0.0) -> None:
        self.now += seconds
        self.supervisor.turn()


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    for each in house.processes:
        each.kill()
        each.wait()
    house.supervisor.end()


def states(environment: Environment) -> dict[str, tuple[str, str]]:
    with in_environment(environment.id):
        return {each.name: (each.state, each.trouble) for each in Deployment.objects.all()}


@pytest.fixture
def two(environment: Environment, engineer: Caller, job: Caller) -> None:
    for name in ("cards", "accounts"):
        deploy_flow(engineer, item=published(engineer, cards=name), client=job.id)


@pytest.mark.usefixtures("two")
def test_a_flow_for_which_there_is_no_process_fails_alone_and_is_tried_after_pauses(
    environment: Environment, house: House
) -> None:
    house.turn()
    failing = ("failing", "a worker cannot be started: BlockingIOError")
    assert (states(environment), house.tried) == ({GOOD: ("running", ""), BAD: failing}, 1)
    house.turn(seconds=0.9)
    assert house.tried == 1
    house.turn(seconds=0.1)
    house.turn(seconds=1.9)
    assert house.tried == 2
    house.fails = False
    house.turn(seconds=0.1)
    assert (house.tried, len(house.processes)) == (3, 2)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("fault", [ValueError, DataError])
def test_whatever_is_wrong_with_one_flow_is_noted_and_the_others_are_kept_up(
    environment: Environment, house: House, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    kept, asked = Crew.keep, list[str]()

    def keep(crew: Crew, wanted: Wanted, *, now: float) -> Any:
        asked.append(wanted.flow)
        if wanted.flow == BAD:
            raise fault
        return kept(crew, wanted, now=now)

    monkeypatch.setattr(Crew, "keep", keep)
    house.turn()
    assert states(environment) == {
        GOOD: ("running", ""),
        BAD: ("failing", f"it cannot be kept up: {fault.__name__}"),
    }
    house.turn(seconds=0.9)
    assert (asked.count(BAD), asked.count(GOOD)) == (1, 2)
    monkeypatch.setattr(Crew, "keep", kept)
    house.fails = False
    house.turn(seconds=0.1)
    assert states(environment) == {GOOD: ("running", ""), BAD: ("running", "")}


@pytest.mark.usefixtures("two")
def test_a_database_that_is_away_is_nobodys_fault(
    environment: Environment, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    house.fails = False
    with monkeypatch.context() as patched:
        patched.setattr(supervising, "note_state", away)
        with pytest.raises(OperationalError):
            house.turn()
    house.turn()
    assert states(environment) == {GOOD: ("running", ""), BAD: ("running", "")}


def test_all_flows_of_an_environment_share_so_many_workers(
    environment: Environment, engineer: Caller, job: Caller, settings: Any
) -> None:
    settings.DATAFLOW_MOST_WORKERS = 4
    first = deploy_flow(engineer, item=published(engineer), client=job.id, workers=3).public_id
    other = published(engineer, cards="accounts")
    with pytest.raises(Conflict) as caught:
        deploy_flow(engineer, item=other, client=job.id, workers=2)
    assert "at most 4 workers, and 3 are taken" in str(caught.value)
    assert (caught.value.field, caught.value.remedy) == (
        "workers",
        "Name fewer, or stop or rescale another flow first.",
    )
    second = deploy_flow(engineer, item=other, client=job.id).public_id
    with pytest.raises(Conflict, match="at most 4 workers"):
        rescale_flow(engineer, public_id=second, workers=2)
    stop_flow(engineer, public_id=first)
    rescale_flow(engineer, public_id=second, workers=2)
    with pytest.raises(Conflict, match="and 2 are taken"):
        start_flow(engineer, public_id=first)
    rescale_flow(engineer, public_id=first, workers=2)
    start_flow(engineer, public_id=first)
    settings.DATAFLOW_MOST_WORKERS = 1
    rescale_flow(engineer, public_id=first, workers=1)  # fewer is always possible
    abroad = cast.new_environment()
    theirs = cast.new_caller(abroad, "engineer", configure=True)
    deploy_flow(theirs, item=published(theirs), client=cast.new_caller(abroad, "job").id)


def declared(environment: Environment) -> list[str]:
    with in_environment(environment.id):
        return [each.name for each in FlowTopic.objects.all()]


def test_a_worker_that_was_planned_before_its_flow_was_deleted_declares_nothing(
    environment: Environment, engineer: Caller, job: Caller
) -> None:
    made = deploy_flow(engineer, item=published(engineer), client=job.id)
    plan = plan_of(job, made.item.files, find=find_published(environment.id))
    stop_flow(engineer, public_id=made.public_id)
    undeploy_flow(engineer, public_id=made.public_id)
    with pytest.raises(NotFound, match="not deployed any more"):
        declare_topics(job, plan=plan, deployment=made)
    assert declared(environment) == []
    again = deploy_flow(engineer, item=made.item.public_id, client=job.id)
    declare_topics(job, plan=plan, deployment=again)
    assert declared(environment) == ["clean", "orders"]


def test_a_worker_whose_flow_is_deleted_while_it_is_planned_ends_and_says_so(
    environment: Environment, engineer: Caller, job: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = deploy_flow(engineer, item=published(engineer), client=job.id)
    kept = serving.plan_of

    def plan_of(*asked: Any, **more: Any) -> Plan:
        stop_flow(engineer, public_id=made.public_id)
        undeploy_flow(engineer, public_id=made.public_id)
        return kept(*asked, **more)

    monkeypatch.setattr(serving, "plan_of", plan_of)
    assert serve(environment.id, made.public_id, place=0, parent=0, stop=Event()) == ["This is not deployed any more."]
    assert declared(environment) == []
