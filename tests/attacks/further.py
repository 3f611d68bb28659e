"""More of what an environment has: what scripts use, sealing keys, erasures; and the calls aimed at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Group
from django.utils import timezone

from audit.actions.findings import expect_work
from audit.actors import Actor
from governance.actions.policy_secrets import keep_secret
from governance.actions.reserved import reserve_operation
from governance.actions.rights_reviews import plan_rights_reviews
from governance.actions.rights_rounds import open_due_reviews
from governance.actions.script_hosts import allow_host
from governance.identities import Caller, system_caller
from governance.models import RightsReview
from keyring.walls import in_environment
from tests.api.calling import Scene
from tests.attacks.access import access_aims, access_ids
from tests.attacks.aim import Aim
from tests.attacks.builds import build_aims, build_ids
from tests.attacks.knowledge import knowledge_aims, knowledge_ids
from tests.planted_findings import found
from userstore.actions.erasing import erase_subject
from userstore.actions.imports import ask_import
from userstore.actions.subjects import create_subject
from userstore.importing.instructions import Instructions


def further_ids(scene: Scene) -> dict[str, Any]:
    """Make one of each and return their ids."""
    system, caller = system_caller(scene.environment.id), scene.service.caller
    erased = erase_subject(caller, subject_id=create_subject(caller).public_id)
    item = {"value": "kept elsewhere", "context": {"row": "1"}}
    sealed = scene.line.post("/seal/seal", {"purpose": {"name": "operational"}, "items": [item]})
    assert sealed.status_code == 200, sealed.content
    keeper = scene.service.client.public_id
    key = scene.line.get(f"/seal/keys?client_id={keeper}").json()["data"][0]
    return {
        "script_secret": keep_secret(system, name="OnlyHereToo", value="secret of this home").public_id,
        "host": allow_host(system, host="only-here.example.com").public_id,
        **reviewed_rights(system),
        "reserved": reserve_operation(system, operation="export", on=scene.environment).public_id,
        "erasure": erased.erasure.public_id,
        "sealed": sealed.json()["items"][0]["sealed"],
        "keeper": keeper,
        "import": ask_import(caller, instructions=Instructions(scene.mutator), now=timezone.now()).row.pk,
        "sealing_key": key["id"],
        **looked_into(scene.environment.id),
        **access_ids(scene),
        **build_ids(scene),
        **knowledge_ids(scene, watched=scene.subject),
    }


def reviewed_rights(system: Caller) -> dict[str, UUID]:
    """Have the environment's rights reviewed, and return the plan and the review."""
    group, _ = Group.objects.get_or_create(name="Auditors")
    plan = plan_rights_reviews(system, owner=group, every_days=90, deadline_days=14)
    open_due_reviews(now=timezone.now())
    with in_environment(system.environment_id):
        return {"rights_plan": plan.public_id, "rights_review": RightsReview.objects.get().pk}


def looked_into(environment_id: UUID) -> dict[str, UUID]:
    """Have the analysis find something, and some of it expected."""
    finding = found(environment_id)
    officer = Actor("operator", uuid4())
    now = timezone.now()
    until = now + timedelta(days=1)
    expected = expect_work(actor=officer, environment_id=environment_id, finding_id=finding.id, until=until, now=now)
    return {"finding": finding.id, "expectation": expected.id}


def further_aims() -> Iterator[Aim]:
    """Every call about these."""
    secret, host = "tokenizer/policies/secret", "governance/scripthosts"
    yield Aim("GET", secret)
    yield Aim("PUT", f"{secret}/{{script_secret}}", {"secret": {"value": "another"}})
    yield Aim("DELETE", f"{secret}/{{script_secret}}")
    yield Aim("POST", secret, {"secret": {"id": "{script_secret}", "name": "1 is no name", "value": "another"}})
    yield Aim("GET", host)
    yield Aim("POST", host, {"host": "no host"})
    yield Aim("DELETE", f"{host}/{{host}}")
    yield Aim("GET", "governance/scriptnotes/{entry}")
    pair = {"transformer_rid": {"id": "{tokenizer}"}, "access_policy_rid": {"id": "{policy}"}}
    yield Aim("POST", "tokenizer/tokens/actions/create", {"data": ["{raw}"], **pair})
    reserved, exports = "governance/reserved-operations", {"kind": "accessor", "id": "{accessor}"}
    yield Aim("GET", reserved)
    yield Aim("POST", reserved, {"operation": "export", "resource": exports})
    yield Aim("DELETE", f"{reserved}/{{reserved}}")
    yield Aim("GET", "governance/detections")
    yield Aim("GET", "governance/detections/D33")
    yield Aim("PUT", "governance/detections/D33", {"revision": 99, "is_enabled": False})
    yield Aim("GET", "governance/detections/D33/backtests")
    yield Aim("POST", "governance/detections/D33/backtests", {"days": 0})
    plan = "governance/rights-review-plan"
    yield Aim("GET", "governance/rights/unused")
    yield Aim("GET", plan)
    yield Aim("GET", "governance/rights-reviews")
    yield Aim("GET", "governance/rights-reviews/{rights_review}")
    yield Aim("DELETE", f"{plan}/{{rights_plan}}")
    yield Aim("PUT", plan, {"owner": {"kind": "group", "name": "Auditors"}, "every_days": 1, "deadline_days": 1})
    write = {"selector_values": ["{subject}"], "row_data": {"phone": {"value": "x"}}}
    yield Aim("POST", "userstore/api/mutators/batch", {"mutator_id": "{mutator}", "items": [write]})
    one = "userstore/imports/{import}"
    yield Aim("GET", "userstore/imports")
    yield Aim("POST", "userstore/imports", {"mutator_id": "{mutator}"})
    yield Aim("GET", one)
    yield Aim("PUT", f"{one}/content", {"id": 1})
    yield Aim("POST", f"{one}/run")
    yield Aim("GET", f"{one}/report")
    yield Aim("POST", f"{one}/cancel")
    yield Aim("GET", "userstore/upload/dataimport")
    yield Aim("GET", "userstore/upload/dataimport/{import}")
    yield Aim("GET", "userstore/erasures")
    yield Aim("GET", "userstore/erasures/{erasure}")
    yield Aim("POST", "userstore/erasures", {"user_id": "{subject}"})
    whose = {"purpose": {"id": "{purpose}"}, "client_id": "{keeper}"}
    yield Aim("POST", "seal/seal", {**whose, "items": [{"value": "x"}]})
    yield Aim("POST", "seal/unseal", {**whose, "items": [{"sealed": "{sealed}", "context": {"row": "1"}}]})
    yield Aim("POST", "seal/reseal", {**whose, "items": [{"sealed": "{sealed}", "context": {"row": "1"}}]})
    yield Aim("GET", "seal/keys", query="?client_id={keeper}")
    yield Aim("POST", "seal/keys", {"client_id": "{keeper}"})
    yield Aim("DELETE", "seal/keys/{keeper}/{sealing_key}")
    finding = "audit/findings/{finding}"
    yield Aim("GET", "audit/entries", query="?environment={environment}")
    yield Aim("GET", "audit/findings", query="?filter=('id',EQ,'{finding}')")
    yield Aim("GET", finding)
    yield Aim("GET", f"{finding}/bundle")
    yield Aim("PUT", f"{finding}/owner")
    yield Aim("POST", f"{finding}/comments", {"comment": "x"})
    yield Aim("PUT", f"{finding}/verdict", {"verdict": "explained", "comment": "x"})
    yield Aim("POST", f"{finding}/expectations", {"days": 14})
    yield Aim("DELETE", "audit/expectations/{expectation}")
    yield from access_aims()
    yield from build_aims()
    yield from knowledge_aims()
