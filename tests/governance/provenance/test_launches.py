"""A launcher's word is exchanged for a session token, and only of a program that the client's policy lets in."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from django.db import connections
from pytest_django import Settings

from audit import queries
from governance.actions.builds import withdraw_build
from governance.actions.ci_keys import withdraw_ci_key
from governance.actions.clients import change_client
from governance.actions.environments import change_environment
from governance.actions.freezes import freeze
from governance.actions.launchers import withdraw_launcher
from governance.actions.workload_policies import retire_workload_policy
from governance.models import SpentProof
from governance.provenance import vouching
from governance.provenance.admission import refused_because
from governance.provenance.reasons import Because
from governance.standing import fresh_standing_of
from governance.tokens.access import caller_of
from keyring.walls import in_environment
from tests.api.calling import NUMBER, Line, line_of
from tests.beginnings import beginning
from tests.governance.provenance.ci import ARTIFACT, COMMIT, Ci, digest_of
from tests.governance.provenance.stage import Stage, codes_of, new_stage

pytestmark = pytest.mark.django_db(transaction=True)

begun, stage = beginning(new_stage)
HOUR = timedelta(hours=1)


def decided(stage: Stage, outcome: str = "done") -> Any:
    return queries.entries(environment_id=stage.scene.environment.id, kinds=["launch.decided"], outcome=outcome)[0]


def by_secret(player: Any) -> Any:
    credentials = b64encode(f"{player.client.public_id}:{player.secret}".encode()).decode()
    return Line(None).send(
        "POST", "/oidc/token", b"grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded", HTTP_AUTHORIZATION=f"Basic {credentials}",
    )  # fmt: skip


def test_a_reviewed_build_reads_and_every_entry_names_its_digest_and_commit(stage: Stage) -> None:
    build = stage.register()
    session = stage.session()
    assert stage.scene.numbers(session) == [NUMBER]
    (entry,) = queries.entries(environment_id=stage.scene.environment.id, kinds=["accessor.executed"])
    assert entry.actor.build is not None
    assert (entry.actor.build.digest, entry.actor.build.commit) == (digest_of(ARTIFACT), COMMIT)
    assert entry.actor.build.id == build.public_id
    assert session.post("/userstore/api/mutators", stage.scene.write_body()).status_code == 403
    (refused,) = queries.entries(
        environment_id=stage.scene.environment.id, kinds=["mutator.executed"], outcome="refused"
    )
    assert refused.actor == entry.actor
    told = decided(stage)
    assert told.facts["launcher"] == str(stage.launcher.public_id)
    claims = jwt.decode(session.token or "", options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == settings.GOVERNANCE_WORKLOAD_TOKEN_SECONDS


def test_an_unreviewed_program_gets_no_token(stage: Stage) -> None:
    stage.register()
    assert codes_of(stage.launch(b"something else")) == ["build.unreviewed"]
    entry = decided(stage, "refused")
    assert entry.actor.build.digest == digest_of(b"something else")
    assert entry.decision_id is not None


def test_another_artifact_than_was_to_run_is_swapped_even_if_it_is_reviewed(stage: Stage) -> None:
    stage.register(), stage.register(b"another reviewed one")
    assert codes_of(stage.launch(b"another reviewed one", expected=digest_of(ARTIFACT))) == ["build.swapped"]
    assert stage.launch(expected=digest_of(ARTIFACT)).status_code == 200


def test_a_registration_that_was_changed_behind_the_application_is_tampered(stage: Stage) -> None:
    build = stage.register(b"weak", ref_protected=False)
    assert codes_of(stage.launch(b"weak")) == ["build.unprotected_branch"]
    with connections["owner"].cursor() as cursor:
        cursor.execute("alter table governance_trustedbuild no force row level security")
        cursor.execute("update governance_trustedbuild set is_ref_protected = true where id = %s", [build.pk])
        cursor.execute("alter table governance_trustedbuild force row level security")
    assert codes_of(stage.launch(b"weak")) == ["build.tampered"]


@pytest.mark.parametrize(
    ("told", "code"),
    [({"ref_protected": False}, "unprotected_branch"), ({"repository_id": "9"}, "repository"),
     ({"built_at": datetime(2026, 1, 1, tzinfo=UTC)}, "too_old")],
    ids=lambda told: told if isinstance(told, str) else "",
)  # fmt: skip
def test_each_rule_of_the_policy_refuses_with_a_code_of_its_own(stage: Stage, told: Any, code: str) -> None:
    stage.register(b"flawed", **told)
    assert codes_of(stage.launch(b"flawed")) == [f"build.{code}"]


def test_a_builder_and_a_level_that_are_not_allowed_refuse(stage: Stage) -> None:
    stage.register()
    stage.demand(builders=("https://other.example.com",), least_build_level=3)
    assert codes_of(stage.launch()) == ["build.builder", "build.level"]


def test_the_best_of_several_registrations_of_one_artifact_counts(stage: Stage) -> None:
    stage.register(ref_protected=False, commit="ab" * 20)
    good = stage.register()
    stage.register(built_at=datetime(2026, 1, 1, tzinfo=UTC), commit="cd" * 20)
    assert json.loads(stage.launch().content)["build_id"] == str(good.public_id)


def test_a_withdrawn_artifact_stays_so_however_often_it_was_and_will_be_built(stage: Stage) -> None:
    first, again = stage.register(commit="ab" * 20), stage.register(commit="cd" * 20)
    session = stage.session()
    withdraw_build(stage.officer, build_id=first.public_id)
    assert again.withdrawn_at is None and codes_of(stage.scene.read(session)) == ["build.withdrawn"]
    stage.register(commit="ef" * 20)
    assert codes_of(stage.launch()) == ["build.withdrawn"]


def test_the_secret_alone_opens_nothing_any_more_nor_does_a_token_from_before(stage: Stage) -> None:
    refused = by_secret(stage.job)
    assert (refused.status_code, json.loads(refused.content)["error"]) == (400, "unauthorized_client")
    former = line_of(stage.job)
    assert codes_of(stage.scene.read(former)) == ["build.unvouched"]
    assert former.get("/userstore/config/columns").status_code == 403
    assert by_secret(stage.scene.service).status_code == 200


def test_auditing_lets_in_and_says_what_speaks_against_it(stage: Stage) -> None:
    stage.demand(mode="audit")
    answer = stage.launch(b"unknown")
    assert answer.status_code == 200
    told = json.loads(answer.content)
    assert [reason.partition(":")[0] for reason in told["reasons"]] == ["build.unreviewed"]
    assert decided(stage).facts["reasons"] == told["reasons"]
    assert stage.scene.numbers(Line(told["access_token"])) == [NUMBER]
    (entry,) = queries.entries(environment_id=stage.scene.environment.id, kinds=["accessor.executed"])
    assert (entry.actor.build.digest, entry.actor.build.commit) == (digest_of(b"unknown"), None)
    assert by_secret(stage.job).status_code == 200
    (issued,) = queries.entries(environment_id=stage.scene.environment.id, kinds=["access_token.issued"])
    assert issued.facts["reasons"][0].startswith("build.unvouched:")
    stage.demand()
    assert codes_of(stage.scene.read(Line(told["access_token"]))) == ["build.unreviewed"]


@pytest.mark.parametrize("what", ["build", "key", "launcher"])
def test_what_is_withdrawn_stops_a_running_program_on_its_next_call(stage: Stage, what: str) -> None:
    build = stage.register()
    session = stage.session()
    assert stage.scene.numbers(session) == [NUMBER]
    if what == "build":
        withdraw_build(stage.officer, build_id=build.public_id)
    elif what == "key":
        withdraw_ci_key(stage.officer, key_id=stage.key.public_id)
    else:
        withdraw_launcher(stage.officer, launcher_id=stage.launcher.public_id)
    code = {"build": "build.withdrawn", "key": "build.key_withdrawn", "launcher": "build.launcher"}[what]
    assert codes_of(stage.scene.read(session)) == [code]
    assert codes_of(stage.launch()) == [code]


def test_a_build_that_grows_too_old_stops_while_it_runs(stage: Stage) -> None:
    stage.register(built_at=datetime.now(UTC) - 23 * HOUR)
    caller = caller_of(stage.session().token or "")
    standing = fresh_standing_of(caller.environment_id)
    assert refused_because(caller, standing=standing, now=datetime.now(UTC)) == ()
    assert refused_because(caller, standing=standing, now=datetime.now(UTC) + HOUR) == (Because.TOO_OLD,)


def test_a_statement_counts_once_within_a_minute_and_for_its_launcher(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.register()
    envelope = stage.signed(stage.said())
    assert stage.line.post("/governance/launches", {"envelope": envelope}).status_code == 200
    assert codes_of(stage.line.post("/governance/launches", {"envelope": envelope})) == ["build.stale"]
    assert codes_of(stage.launch(nonce="made up")) == ["build.stale"]
    old = stage.nonce()
    monkeypatch.setattr(vouching, "NONCE_SECONDS", -1)
    assert codes_of(stage.launch(nonce=old)) == ["build.stale"]
    stage.demand(mode="audit")
    assert codes_of(stage.launch(nonce="made up")) == ["build.stale"]
    with in_environment(stage.scene.environment.id):
        assert SpentProof.objects.count() == 1


@pytest.mark.parametrize("changes", [{"launcher": str(uuid4())}, {"client": str(uuid4())}], ids=["launcher", "client"])
def test_nobody_unknown_vouches(stage: Stage, changes: dict[str, str]) -> None:
    assert stage.launch(**changes).status_code == 401


def test_another_key_than_the_launchers_vouches_for_nothing(stage: Stage) -> None:
    stage.register()
    envelope = stage.signed(stage.said(), Ci().private)
    assert stage.line.post("/governance/launches", {"envelope": envelope}).status_code == 401


def test_failures_are_counted_and_throttled(stage: Stage, settings: Settings) -> None:
    settings.GOVERNANCE_FAILED_TOKEN_REQUESTS_PER_MINUTE = 2
    said = [stage.launch(launcher=str(uuid4())).status_code for _ in range(3)]
    assert said == [401, 401, 429]


@pytest.mark.parametrize(
    "said", [{"digest": "AB"}, {"expected": "x"}, {"client": "none"}, {"digest": None}], ids=range(4)
)
def test_what_is_no_statement_is_refused(stage: Stage, said: dict[str, Any]) -> None:
    assert stage.launch(**said).status_code == 400


def test_a_launcher_gets_nothing_for_a_client_without_a_policy_or_that_is_stopped(stage: Stage) -> None:
    stage.register()
    freeze(stage.officer, kind="client", target_id=stage.job.client.public_id)
    assert stage.launch().status_code == 401
    change_client(stage.officer, client_id=stage.job.client.public_id, name="", description="", is_disabled=True)
    assert stage.launch().status_code == 401


def test_without_a_policy_a_launcher_gets_nothing_and_the_secret_is_enough(stage: Stage) -> None:
    stage.register()
    retire_workload_policy(stage.officer, client_id=stage.job.client.public_id)
    assert codes_of(stage.launch()) == ["build.no_policy"]
    assert by_secret(stage.job).status_code == 200


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_a_protected_environment_wants_the_workload_apart_from_its_launcher(stage: Stage, mode: str) -> None:
    stage.register()
    stage.demand(mode=mode)
    assert stage.launch(separated=False).status_code == 200
    change_environment(stage.officer, description="", is_protected=True)
    assert codes_of(stage.launch(separated=False)) == ["build.unseparated"]
    assert stage.launch().status_code == 200


def test_a_session_of_one_environment_opens_nothing_in_another(stage: Stage) -> None:
    stage.register()
    session = stage.session()
    other = new_stage()
    assert other.scene.read(session).status_code == 400
