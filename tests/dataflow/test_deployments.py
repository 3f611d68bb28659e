"""What is decided about deployed flows: by whom, once, on record, and by two people where one does not suffice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError

from audit.queries import entries
from dataflow.actions.deployments import (
    deploy_flow,
    rescale_flow,
    start_flow,
    stop_flow,
    undeploy_flow,
    upgrade_flow,
)
from dataflow.actions.hub import publish_to_hub, withdraw_from_hub
from dataflow.deployments import wanted
from dataflow.deployments.supervising import Supervisor
from dataflow.deployments.wanted import Wanted, wanted_in
from dataflow.models import Deployment
from governance.actions.clients import change_client
from governance.actions.environments import change_environment
from governance.drafts.arguments import decoded, encoded
from governance.drafts.draftable import draftable_actions
from governance.drafts.trying import drafted
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.identities import Caller, system_caller
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from tests.dataflow.published import CARDS, FILES
from tests.dataflow.samples import SEED

pytestmark = pytest.mark.django_db


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


@pytest.fixture
def engineer(environment: Environment) -> Caller:
    return cast.new_caller(environment, "engineer", configure=True)


@pytest.fixture
def job(environment: Environment) -> Caller:
    return cast.new_caller(environment, "job")


def published(caller: Caller, version: str = "0.1.0", **changed: str) -> UUID:
    text = CARDS.replace("0.1.0", version)
    for former, latter in changed.items():
        text = text.replace(former, latter)
    return publish_to_hub(caller, files={"dataflow.yaml": text}).public_id


def recorded(environment: Environment, name: str) -> list[Mapping[str, Any]]:
    return [each.facts for each in entries(environment_id=environment.id, kinds=[name])]


def stored(environment: Environment) -> list[tuple[str, str, int, str]]:
    with in_environment(environment.id):
        rows = Deployment.objects.select_related("item")
        return [(each.name, each.wanted, each.workers, each.item.version) for each in rows]


@pytest.mark.django_db(transaction=True)
def test_a_flow_is_deployed_started_stopped_rescaled_and_deleted(
    environment: Environment, engineer: Caller, job: Caller
) -> None:
    item = published(engineer)
    made = deploy_flow(engineer, item=item, client=job.id, workers=2)
    assert stored(environment) == [("tests/cards", "running", 2, "0.1.0")]
    with pytest.raises(Conflict, match="tests/cards runs"):
        undeploy_flow(engineer, public_id=made.public_id)
    stop_flow(engineer, public_id=made.public_id)
    rescale_flow(engineer, public_id=made.public_id, workers=3)
    assert stored(environment) == [("tests/cards", "stopped", 3, "0.1.0")]
    start_flow(engineer, public_id=made.public_id)
    stop_flow(engineer, public_id=made.public_id)
    undeploy_flow(engineer, public_id=made.public_id)
    assert stored(environment) == []
    (deployed,), (rescaled,) = recorded(environment, "flow.deployed"), recorded(environment, "flow.rescaled")
    assert (deployed["flow"], deployed["version"], deployed["client"]) == ("tests/cards", "0.1.0", str(job.id))
    assert (rescaled["former_workers"], rescaled["workers"]) == (2, 3)
    counts = {name: len(recorded(environment, f"flow.{name}")) for name in ("started", "stopped", "undeployed")}
    assert counts == {"started": 1, "stopped": 2, "undeployed": 1}


@pytest.mark.django_db(transaction=True)
def test_a_flow_is_deployed_once_and_goes_on_in_another_version(
    environment: Environment, engineer: Caller, job: Caller
) -> None:
    made = deploy_flow(engineer, item=published(engineer), client=job.id)
    later, other = published(engineer, "0.2.0"), published(engineer, cards="accounts")
    with pytest.raises(Conflict) as caught:
        deploy_flow(engineer, item=later, client=job.id)
    assert caught.value.existing_id == made.public_id
    with pytest.raises(Invalid, match="This is no version of tests/cards"):
        upgrade_flow(engineer, public_id=made.public_id, item=other)
    upgrade_flow(engineer, public_id=made.public_id, item=later)
    assert stored(environment) == [("tests/cards", "running", 1, "0.2.0")]
    assert recorded(environment, "flow.upgraded")[0]["former_version"] == "0.1.0"


@pytest.mark.parametrize("workers", [0, 9])
def test_there_are_one_to_eight_workers(environment: Environment, engineer: Caller, job: Caller, workers: int) -> None:
    item = published(engineer)
    with pytest.raises(Invalid, match="1 to 8 workers"):
        deploy_flow(engineer, item=item, client=job.id, workers=workers)
    made = deploy_flow(engineer, item=item, client=job.id, workers=8)
    with pytest.raises(Invalid, match="1 to 8 workers"):
        rescale_flow(engineer, public_id=made.public_id, workers=workers)
    assert stored(environment) == [("tests/cards", "running", 8, "0.1.0")]


def test_what_cannot_run_is_not_deployed(environment: Environment, engineer: Caller, job: Caller) -> None:
    package = publish_to_hub(engineer, files=FILES)
    with pytest.raises(Invalid, match="is a package"):
        deploy_flow(engineer, item=package.public_id, client=job.id)
    flow = publish_to_hub(engineer, files={"dataflow.yaml": SEED})
    withdraw_from_hub(engineer, public_id=package.public_id)
    with pytest.raises(Invalid, match=r"cannot run: .*the package example/mask-ssn-pkg@0\.1\.0 is not in the hub"):
        deploy_flow(engineer, item=flow.public_id, client=job.id)
    for item, client, field in ((uuid4(), job.id, "id"), (flow.public_id, uuid4(), "client")):
        with pytest.raises(NotFound) as caught:
            deploy_flow(engineer, item=item, client=client)
        assert caught.value.field == field
    assert stored(environment) == []


def test_what_is_withdrawn_later_goes_on(environment: Environment, engineer: Caller, job: Caller) -> None:
    package = publish_to_hub(engineer, files=FILES)
    flow = publish_to_hub(engineer, files={"dataflow.yaml": SEED})
    deploy_flow(engineer, item=flow.public_id, client=job.id)
    for each in (package, flow):
        withdraw_from_hub(engineer, public_id=each.public_id)
    (found,) = wanted_in(environment.id)
    assert (found.workers, found.refused) == (1, "")


def test_a_client_that_is_disabled_has_no_workers(environment: Environment, engineer: Caller, job: Caller) -> None:
    deploy_flow(engineer, item=published(engineer), client=job.id)
    system = system_caller(environment.id)
    change_client(system, client_id=job.id, name="job", description="", is_disabled=True)
    (found,) = wanted_in(environment.id)
    assert (found.workers, found.refused) == (0, "the client job is disabled")


DECISIONS: dict[str, Callable[[Caller, UUID], object]] = {
    "start": lambda caller, made: start_flow(caller, public_id=made),
    "stop": lambda caller, made: stop_flow(caller, public_id=made),
    "rescale": lambda caller, made: rescale_flow(caller, public_id=made, workers=2),
    "undeploy": lambda caller, made: undeploy_flow(caller, public_id=made),
    "upgrade": lambda caller, made: upgrade_flow(caller, public_id=made, item=uuid4()),
}


@pytest.mark.parametrize("name", sorted(DECISIONS))
def test_only_who_configures_decides_and_only_in_their_environment(
    environment: Environment, engineer: Caller, job: Caller, name: str
) -> None:
    made = deploy_flow(engineer, item=published(engineer), client=job.id).public_id
    reader = cast.new_caller(environment, "reader", read=True)
    abroad = cast.new_caller(cast.new_environment(), "engineer", configure=True)
    with pytest.raises(Refused):
        DECISIONS[name](reader, made)
    with pytest.raises(NotFound):
        DECISIONS[name](abroad, made)
    assert stored(environment) == [("tests/cards", "running", 1, "0.1.0")]


def test_nobody_deploys_what_they_may_not(environment: Environment, engineer: Caller, job: Caller) -> None:
    item = published(engineer)
    with pytest.raises(Refused):
        deploy_flow(job, item=item, client=job.id)
    abroad = cast.new_caller(cast.new_environment(), "engineer", configure=True)
    with pytest.raises(NotFound):
        deploy_flow(abroad, item=item, client=job.id)
    assert stored(environment) == []


def test_in_a_protected_environment_a_flow_stops_at_once_and_starts_by_two_people(
    environment: Environment, engineer: Caller, job: Caller
) -> None:
    made = deploy_flow(engineer, item=published(engineer), client=job.id).public_id
    later = published(engineer, "0.2.0")
    change_environment(system_caller(environment.id), description="", is_protected=True)
    stop_flow(engineer, public_id=made)
    asked: dict[str, dict[str, Any]] = {
        "start_flow": {"public_id": made},
        "rescale_flow": {"public_id": made, "workers": 2},
        "upgrade_flow": {"public_id": made, "item": later},
        "undeploy_flow": {"public_id": made},
    }
    for name, arguments in asked.items():
        action = draftable_actions()[name]
        with pytest.raises(Refused):
            action(engineer, **arguments)
        given = decoded(action, encoded(action, arguments), environment_id=environment.id)
        assert drafted(engineer, name, action, given).differences, name
    assert stored(environment) == [("tests/cards", "stopped", 1, "0.1.0")]


def test_a_flow_that_cannot_be_planned_stands_still_alone(
    environment: Environment, engineer: Caller, job: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_flow(engineer, item=published(engineer), client=job.id)
    deploy_flow(engineer, item=published(engineer, cards="accounts"), client=job.id)
    planned = wanted.plan_of

    def plan_of(caller: Caller, files: Mapping[str, str], **more: Any) -> Any:
        if "accounts" in files["dataflow.yaml"]:
            raise RecursionError
        return planned(caller, files, **more)

    monkeypatch.setattr(wanted, "plan_of", plan_of)
    told = {each.flow: (each.workers, each.refused) for each in wanted_in(environment.id)}
    assert told == {"tests/cards": (1, ""), "tests/accounts": (0, "its plan cannot be made: RecursionError")}

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(wanted, "plan_of", away)
    with pytest.raises(OperationalError):  # nobody is refused because the database is away
        wanted_in(environment.id)


@pytest.mark.django_db(transaction=True)
def test_a_supervisor_notes_what_became_of_a_flow_once(environment: Environment, engineer: Caller, job: Caller) -> None:
    made = deploy_flow(engineer, item=published(engineer), client=job.id)
    ended: list[subprocess.Popen[bytes]] = []

    def spawn(wanted: Wanted, _place: int) -> subprocess.Popen[bytes]:
        ended.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]))
        assert wanted.deployment_id == made.public_id
        return ended[-1]

    supervisor = Supervisor(spawn=spawn)
    for _ in range(3):
        supervisor.turn()
    with in_environment(environment.id):
        row = Deployment.objects.get()
    assert (row.state, row.trouble, len(ended)) == ("running", "", 1)
    stop_flow(engineer, public_id=made.public_id)
    supervisor.turn()
    ended[0].wait(20)
    supervisor.turn()
    with in_environment(environment.id):
        assert Deployment.objects.get().state == "stopped"
    supervisor.end()
