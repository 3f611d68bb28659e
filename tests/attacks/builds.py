"""Reviewed builds of an environment: a pinned key, a build, a launcher, a policy; and the calls aimed at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from dataflow.actions.hub import publish_to_hub
from governance.actions.builds import register_build
from governance.actions.ci_keys import pin_ci_key
from governance.actions.launchers import register_launcher
from governance.actions.workload_policies import WorkloadSpec, set_workload_policy
from governance.identities import system_caller
from tests import cast
from tests.api.calling import Scene
from tests.api.deployment_rows import deployment_ids
from tests.attacks.aim import Aim
from tests.dataflow.declared import started, topics_of, written
from tests.dataflow.published import FILES
from tests.governance.provenance.ci import BUILDER, Ci


def build_ids(scene: Scene) -> dict[str, Any]:
    """Make one of each and return their ids."""
    system, ci = system_caller(scene.environment.id), Ci()
    job = cast.new_player(scene.environment, "launched", read=True).client.public_id
    key = pin_ci_key(system, name="ci", builder_id=BUILDER, public_key=ci.public_pem)
    launcher = register_launcher(system, name="host", client_id=job, public_key=Ci().public_pem)
    set_workload_policy(system, client_id=job, spec=WorkloadSpec(mode="audit"))
    item = publish_to_hub(scene.service.caller, files=FILES)
    started(scene.service.caller, written("flow"))
    deployed = deployment_ids(scene)
    (build,) = register_build(scene.service.caller, envelope=ci.build())
    return {
        "job": job, "ci_key": key.public_id, "launcher": launcher.public_id, "build": build.public_id,
        "hub_item": item.public_id, "flow_topic": topics_of(scene.service.caller)["raw"].public_id,
        "deployment": deployed["<uuid:deployment_id>"],
        "change": uuid4(),  # there are changes in protected environments alone
    }  # fmt: skip


def build_aims() -> Iterator[Aim]:
    """Every call about these, about changes, and about who reaches what."""
    policy = "governance/clients/{job}/workload-policy"
    yield Aim("GET", "governance/ci-keys")
    yield Aim("POST", "governance/ci-keys", {"name": "ci", "builder_id": "b", "public_key": ""})
    yield Aim("DELETE", "governance/ci-keys/{ci_key}")
    yield Aim("GET", "governance/builds")
    yield Aim("POST", "governance/builds", {"envelope": "{}"})
    yield Aim("GET", "governance/builds/{build}")
    yield Aim("DELETE", "governance/builds/{build}")
    yield Aim("GET", policy)
    yield Aim("PUT", policy, {"mode": "enforce"})
    yield Aim("DELETE", policy)
    yield Aim("GET", "governance/launchers")
    yield Aim("POST", "governance/launchers", {"name": "mine", "client_id": "{job}", "public_key": ""})
    yield Aim("DELETE", "governance/launchers/{launcher}")
    yield Aim("GET", "governance/issuer-keys")
    yield Aim("PUT", "governance/issuer-keys", {"issuer": "none"})
    yield from hub_aims()
    yield Aim("GET", "governance/columns/{column}/code")
    yield Aim("GET", "governance/reach", query="?category=contact")
    yield Aim("GET", "governance/changes")
    yield Aim("POST", "governance/changes", {"action": "retire_purpose", "arguments": {"public_id": "{purpose}"}})
    yield Aim("GET", "governance/changes/actions")
    yield Aim("GET", "governance/changes/{change}")
    yield Aim("POST", "governance/changes/{change}/reject")
    yield Aim("POST", "governance/changes/{change}/withdraw")


def hub_aims() -> Iterator[Aim]:
    """Every call about what is published and about what flows failed on."""
    item = "dataflow/hub/items/{hub_item}"
    yield Aim("GET", "dataflow/hub/items")
    yield Aim("GET", item)
    yield Aim("GET", f"{item}/content")
    yield Aim("POST", "dataflow/hub/items", {"files": {"dataflow.yaml": "meta: {name: x}"}, "is_public": True})
    yield Aim("DELETE", item)
    yield Aim("GET", "dataflow/dead-letters", query="?flow=tests/flow")
    yield Aim("GET", "dataflow/dead-letters/flows")
    letter = {"flow": "tests/flow", "letter": "1-1", "reason": "it has to be looked at"}
    yield Aim("POST", "dataflow/dead-letters/open", letter)
    for action in ("replay", "drop"):
        yield Aim("POST", f"dataflow/dead-letters/{action}", {"flow": "tests/flow", "all": True})
    yield Aim("GET", "dataflow/topics")
    yield Aim("DELETE", "dataflow/topics/{flow_topic}")
    yield Aim("GET", "dataflow/topics/{flow_topic}/records")
    yield Aim("POST", "dataflow/topics/{flow_topic}/records", {"records": [{"value": "x"}]})
    deployment = "dataflow/deployments/{deployment}"
    yield Aim("GET", "dataflow/deployments")
    yield Aim("POST", "dataflow/deployments", {"item_id": "{hub_item}", "client_id": "{job}"})
    yield Aim("GET", deployment)
    yield Aim("PUT", deployment, {"wanted": "stopped"})
    yield Aim("POST", f"{deployment}/replay")
    yield Aim("POST", f"{deployment}/backfill", {"confirmed": "tests/cards"})
    yield Aim("DELETE", deployment)
    yield Aim("GET", "dataflow/metrics")
