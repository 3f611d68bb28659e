"""Registering what the CI signed, through the API: what it signed gets in, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from governance.actions.environments import change_environment
from governance.identities import system_caller
from governance.models import TrustedBuild
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, line_of, new_scene, recorded
from tests.beginnings import beginning
from tests.governance.provenance.ci import ARTIFACT, BUILDER, COMMIT, REPOSITORY_ID, Ci, digest_of

pytestmark = pytest.mark.django_db(transaction=True)

CI = Ci()
BUILDS, KEYS = "/governance/builds", "/governance/ci-keys"


def scene_with_a_pinned_key() -> Scene:
    scene = new_scene()
    pin(scene.line, CI)
    return scene


begun, scene = beginning(scene_with_a_pinned_key)


def pin(line: Line, ci: Ci, **told: Any) -> Any:
    asked = {"name": "ci", "builder_id": ci.builder, "public_key": ci.public_pem, "build_level": 2, **told}
    return body_of(line.post(KEYS, asked), 201)


def body_of(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def registered(scene: Scene, envelope: str) -> Any:
    return body_of(scene.line.post(BUILDS, {"envelope": envelope}), 201)["builds"]


def refused_with(scene: Scene, envelope: str) -> str:
    problem = body_of(scene.line.post(BUILDS, {"envelope": envelope}), 403)
    (entry, *_) = recorded(scene, "build.registered", outcome="refused")
    assert entry.decision_id is not None
    assert str(entry.decision_id) == problem["decision_id"]
    assert entry.facts["reasons"] == problem["reasons"]
    return problem["reasons"][0].partition(":")[0]


def test_what_the_pinned_key_signed_is_registered_and_kept_whole(scene: Scene) -> None:
    envelope = CI.build()
    (build,) = registered(scene, envelope)
    assert (build["digest"], build["commit"]) == (digest_of(ARTIFACT), COMMIT)
    assert (build["builder_id"], build["repository_id"], build["build_level"]) == (BUILDER, REPOSITORY_ID, 2)
    assert build["is_ref_protected"] is True
    assert body_of(scene.line.get(f"{BUILDS}/{build['id']}"))["envelope"] == envelope
    assert recorded(scene, "build.registered")[0].facts["digest"] == digest_of(ARTIFACT)
    assert registered(scene, envelope)[0]["id"] == build["id"]
    listed = body_of(scene.line.get(f"{BUILDS}?filter=('digest',EQ,'{digest_of(ARTIFACT)}')&version=3"))
    assert [each["id"] for each in listed["data"]] == [build["id"]]


def test_one_provenance_registers_each_of_its_artifacts(scene: Scene) -> None:
    statement = CI.statement()
    statement["subject"].append({"name": "second", "digest": {"sha256": "ab" * 32}})
    assert [each["name"] for each in registered(scene, CI.sign(statement))] == ["job", "second"]


def test_a_withdrawn_build_does_not_come_back_in_an_envelope_with_other_bytes_around_it(scene: Scene) -> None:
    envelope = CI.build()
    (build,) = registered(scene, envelope)
    body_of(scene.line.delete(f"{BUILDS}/{build['id']}"))

    (again,) = registered(scene, json.dumps(json.loads(envelope), indent=2))

    assert again["id"] == build["id"]
    assert body_of(scene.line.get(f"{BUILDS}/{build['id']}"))["withdrawn_at"]


def test_an_envelope_that_nobody_pinned_signed_is_tampered(scene: Scene) -> None:
    changed = json.loads(CI.build())
    changed["payload"] = json.loads(CI.build(ARTIFACT + b"# more\n"))["payload"]
    assert refused_with(scene, json.dumps(changed)) == "build.tampered"
    assert refused_with(scene, Ci().build()) == "build.tampered"
    assert body_of(scene.line.get(BUILDS))["data"] == []


def test_a_key_speaks_for_its_own_builder_alone(scene: Scene) -> None:
    assert refused_with(scene, Ci(CI.private, "https://ci.example.com/another@v1").build()) == "build.builder"


def test_a_withdrawn_key_registers_nothing_and_stays_withdrawn(scene: Scene) -> None:
    (key,) = body_of(scene.line.get(KEYS))["data"]
    assert body_of(scene.line.delete(f"{KEYS}/{key['id']}"))["withdrawn_at"]
    assert refused_with(scene, CI.build()) == "build.key_withdrawn"
    again = scene.line.post(KEYS, {"name": "ci", "builder_id": BUILDER, "public_key": CI.public_pem})
    assert body_of(again, 409)["detail"] == "This key was withdrawn."


def test_a_build_of_the_future_is_refused(scene: Scene) -> None:
    envelope = CI.build(built_at=datetime.now(UTC) + timedelta(hours=1))
    assert body_of(scene.line.post(BUILDS, {"envelope": envelope}), 400)["field"] == "envelope"


def test_the_ci_registers_without_a_right_to_configure_and_the_outsider_registers_nothing(scene: Scene) -> None:
    ci = line_of(cast.new_player(scene.environment, "ci", register=True))
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    asked = {"envelope": CI.build()}
    assert ci.post(BUILDS, asked).status_code == 201
    assert ci.post(KEYS, {"name": "mine", "builder_id": BUILDER, "public_key": Ci().public_pem}).status_code == 403
    assert ci.get(BUILDS).status_code == 403
    assert outsider.post(BUILDS, asked).status_code == 403


def test_a_key_of_another_environment_signs_nothing_here(scene: Scene) -> None:
    elsewhere = cast.new_player(cast.new_environment(), "ci", register=True)
    assert line_of(elsewhere).post(BUILDS, {"envelope": CI.build()}).status_code == 403


def test_what_the_ci_said_cannot_be_changed_by_the_application(scene: Scene) -> None:
    registered(scene, CI.build())
    with in_environment(scene.environment.id), pytest.raises(DatabaseError), transaction.atomic():
        TrustedBuild.objects.update(digest="cd" * 32)
    with in_environment(scene.environment.id), pytest.raises(DatabaseError), transaction.atomic():
        TrustedBuild.objects.all().delete()


def test_a_protected_environment_still_takes_builds_and_withdraws_them(scene: Scene) -> None:
    change_environment(system_caller(scene.environment.id), description="", is_protected=True)
    (build,) = registered(scene, CI.build())
    assert body_of(scene.line.delete(f"{BUILDS}/{build['id']}"))["withdrawn_at"]
    pinned = {"name": "other", "builder_id": BUILDER, "public_key": Ci().public_pem}
    assert scene.line.post(KEYS, pinned).status_code == 403


def test_policies_and_launchers_are_configured_and_shown(scene: Scene) -> None:
    client = str(scene.service.client.public_id)
    policy = {"mode": "audit", "builders": [BUILDER], "repository_ids": [REPOSITORY_ID], "max_age_hours": 24}
    address = f"/governance/clients/{client}/workload-policy"
    assert scene.line.get(address).status_code == 404
    assert body_of(scene.line.put(address, policy))["builders"] == [BUILDER]
    assert body_of(scene.line.get(address)) == {
        **policy, "needs_protected_ref": True, "least_build_level": 0, "ci_issuer": "", "ci_workflows": [],
        "ci_environments": [],
    }  # fmt: skip
    for wrong in ({"mode": "loose"}, {"mode": "audit", "builders": [""]}, {"mode": "audit", "max_age_hours": 0},
                  {"mode": "audit", "repository_ids": [7]}, {"mode": "audit", "ci_issuer": "ci"}):  # fmt: skip
        assert scene.line.put(address, wrong).status_code == 400
    launcher = {"name": "host one", "client_id": client, "public_key": Ci().public_pem}
    made = body_of(scene.line.post("/governance/launchers", launcher), 201)
    assert scene.line.post("/governance/launchers", launcher).status_code == 409
    assert body_of(scene.line.delete(f"/governance/launchers/{made['id']}"))["withdrawn_at"]
    assert scene.line.delete(address).status_code == 204
