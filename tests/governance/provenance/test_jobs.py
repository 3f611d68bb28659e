"""Jobs of the CI: a token of theirs is exchanged once, against pinned keys, for a session of one client."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from audit import queries
from governance.actions.issuer_keys import pin_issuer_keys
from governance.actions.issuers import list_issuers
from governance.errors import Invalid
from governance.tokens.issuer_keys import forget_issuer_keys
from tests import cast
from tests.api.calling import NUMBER, Line, line_of
from tests.beginnings import beginning
from tests.governance.issuer_stage import Issuer, running_issuer
from tests.governance.provenance.ci import COMMIT, REPOSITORY_ID
from tests.governance.provenance.stage import Stage, codes_of, new_stage

pytestmark = pytest.mark.django_db(transaction=True)

begun, stage = beginning(new_stage)
WORKFLOW = "shop/jobs/.github/workflows/report.yml@refs/heads/main"
CLAIMS: dict[str, Any] = {
    "sub": "repo:shop/jobs:environment:production", "repository": "shop/jobs", "repository_id": REPOSITORY_ID,
    "job_workflow_ref": WORKFLOW, "environment": "production", "ref_protected": "true", "sha": COMMIT,
}  # fmt: skip


@pytest.fixture
def issuer(settings: Settings, stage: Stage) -> Iterator[Issuer]:
    """The CI's issuer: its keys are pinned, and its jobs are allowed by the policy."""
    settings.GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK = True
    forget_issuer_keys()
    with running_issuer() as issuer:
        issuer.new_key("first")
        list_issuers(stage.officer, urls=[issuer.url])
        pin_issuer_keys(stage.officer, issuer=issuer.url, keys=issuer.answer("/keys"))
        issuer.asked.clear()
        stage.demand(ci_issuer=issuer.url, ci_workflows=(WORKFLOW,), ci_environments=("production",))
        yield issuer


def token(stage: Stage, issuer: Issuer, environment_id: UUID | None = None, **claims: Any) -> str:
    told = {**CLAIMS, "jti": uuid4().hex, **claims}
    return issuer.token(environment_id or stage.scene.environment.id, subject=told.pop("sub"), **told)


def exchange(stage: Stage, assertion: str, *, client: cast.Player | None = None) -> Any:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": str((client or stage.job).client.public_id),
        "assertion": assertion,
    }
    media_type = "application/x-www-form-urlencoded"
    return Line(None).send("POST", "/oidc/token", urlencode(form).encode(), content_type=media_type)


def error_of(answer: Any) -> tuple[int, str]:
    told = json.loads(answer.content)
    return answer.status_code, told["error_description"].partition(":")[0]


def session_of(stage: Stage, issuer: Issuer) -> Line:
    answer = exchange(stage, token(stage, issuer))
    assert answer.status_code == 200, answer.content
    return Line(json.loads(answer.content)["access_token"])


def test_an_allowed_job_reads_and_its_entries_name_the_commit(stage: Stage, issuer: Issuer) -> None:
    session = session_of(stage, issuer)
    assert stage.scene.numbers(session) == [NUMBER]
    (entry,) = queries.entries(environment_id=stage.scene.environment.id, kinds=["accessor.executed"])
    assert entry.actor.build is not None
    assert (entry.actor.build.commit, entry.actor.build.digest) == (COMMIT, None)
    (decided,) = queries.entries(environment_id=stage.scene.environment.id, kinds=["ci_job.decided"])
    assert decided.facts["workflow"] == WORKFLOW
    assert issuer.asked == []


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"repository_id": "1"}, "build.repository"),
     ({"job_workflow_ref": WORKFLOW.replace("main", "mine")}, "build.workflow"),
     ({"environment": None}, "build.environment"), ({"ref_protected": "false"}, "build.unprotected_branch"),
     ({"repository": "shop/jobs", "repository_id": "shop/jobs"}, "build.repository")],
    ids=range(5),
)  # fmt: skip
def test_another_job_is_refused_with_a_code_of_its_own(
    stage: Stage, issuer: Issuer, claims: dict[str, Any], code: str
) -> None:
    assert error_of(exchange(stage, token(stage, issuer, **claims))) == (400, code)
    (entry,) = queries.entries(environment_id=stage.scene.environment.id, kinds=["ci_job.decided"], outcome="refused")
    assert entry.facts["reasons"][0].startswith(code)


def test_a_token_of_a_job_counts_once(stage: Stage, issuer: Issuer) -> None:
    assertion = token(stage, issuer)
    assert exchange(stage, assertion).status_code == 200
    assert error_of(exchange(stage, assertion)) == (400, "build.stale")
    again = token(stage, issuer, jti="same")
    assert exchange(stage, again).status_code == 200
    assert error_of(exchange(stage, token(stage, issuer, jti="same", iat=int(time.time()) - 1)))[1] == "build.stale"


@pytest.mark.parametrize(
    "claims",
    [{"jti": None}, {"jti": ""}, {"sha": "main"}, {"sha": None}, {"repository_id": None}, {"job_workflow_ref": 7},
     {"exp": 1}, {"iat": 0}, {"nbf": 32_503_680_000}, {"aud": ["https://other.example.com"]}],
    ids=range(10),
)  # fmt: skip
def test_a_token_that_lacks_something_or_is_for_somebody_else_is_none(
    stage: Stage, issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert exchange(stage, token(stage, issuer, **claims)).status_code == 401


def test_a_token_for_another_environment_opens_nothing_here(stage: Stage, issuer: Issuer) -> None:
    assert exchange(stage, token(stage, issuer, cast.new_environment().id)).status_code == 401
    assert exchange(stage, token(stage, issuer), client=new_stage().job).status_code == 401


def test_a_key_that_is_not_pinned_verifies_nothing_and_none_is_fetched(stage: Stage, issuer: Issuer) -> None:
    issuer.new_key("second")
    assert exchange(stage, token(stage, issuer, kid="second")).status_code == 401
    pin_issuer_keys(stage.officer, issuer=issuer.url, keys=None)
    assert exchange(stage, token(stage, issuer)).status_code == 401
    assert issuer.asked == []


def test_unpinning_or_another_policy_stops_a_running_job_on_its_next_call(stage: Stage, issuer: Issuer) -> None:
    session = session_of(stage, issuer)
    stage.demand(ci_issuer=issuer.url, ci_workflows=(), ci_environments=("production",))
    assert codes_of(stage.scene.read(session)) == ["build.workflow"]
    stage.demand(ci_issuer=issuer.url, ci_workflows=(WORKFLOW,), ci_environments=("production",))
    assert stage.scene.numbers(session) == [NUMBER]
    list_issuers(stage.officer, urls=[])
    assert codes_of(stage.scene.read(session)) == ["build.issuer"]


def test_a_client_whose_policy_names_no_job_lets_none_in(stage: Stage, issuer: Issuer) -> None:
    stage.demand()
    assert error_of(exchange(stage, token(stage, issuer)))[1] == "build.issuer"
    assert error_of(exchange(stage, token(stage, issuer), client=stage.scene.service))[1] == "build.no_policy"


def test_the_token_itself_opens_no_call(stage: Stage, issuer: Issuer) -> None:
    assert stage.scene.read(Line(token(stage, issuer))).status_code == 403


def test_keys_are_pinned_by_officers_and_only_public_ones(stage: Stage, issuer: Issuer) -> None:
    asked = {"issuer": issuer.url, "keys": issuer.answer("/keys")}
    outsider = line_of(cast.new_player(stage.scene.environment, "outsider"))
    assert outsider.put("/governance/issuer-keys", asked).status_code == 403
    assert stage.scene.line.put("/governance/issuer-keys", asked).status_code == 200
    (listed,) = json.loads(stage.scene.line.get("/governance/issuer-keys").content)
    assert (listed["issuer"], listed["keys"]["keys"][0]["kid"]) == (issuer.url, "first")
    private = {"keys": [{**asked["keys"]["keys"][0], "d": "AQAB"}]}
    assert (
        "private key"
        in json.loads(stage.scene.line.put("/governance/issuer-keys", {**asked, "keys": private}).content)["detail"]
    )
    for wrong in ({}, {"keys": []}, {"keys": [{"kty": "oct", "kid": "x", "k": "AA"}]}, {"keys": "none"}):
        with pytest.raises(Invalid):
            pin_issuer_keys(stage.officer, issuer=issuer.url, keys=wrong)
