"""The one function that says whether a build may run: each reason by itself, and nothing else against a good one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.policy import BuildFacts, CiJob, WorkloadRules, reasons_against_build, reasons_against_job
from governance.provenance.reasons import Because
from tests.governance.provenance.ci import BUILDER, COMMIT, REPOSITORY_ID

NOW = datetime(2031, 3, 4, 12, tzinfo=UTC)
DIGEST = "ab" * 32
RULES = WorkloadRules(
    is_enforced=True,
    builders=frozenset({BUILDER}),
    repository_ids=frozenset({REPOSITORY_ID}),
    needs_protected_ref=True,
    least_build_level=2,
    max_age=timedelta(hours=24),
    ci_issuer="https://ci.example.com",
    ci_workflows=frozenset({"shop/jobs/nightly.yml@refs/heads/main"}),
    ci_environments=frozenset({"production"}),
)
GOOD = BuildFacts(
    id=UUID(int=1),
    digest=DIGEST,
    commit=COMMIT,
    builder_id=BUILDER,
    build_level=2,
    repository_id=REPOSITORY_ID,
    is_ref_protected=True,
    built_at=NOW - timedelta(hours=24),
    is_withdrawn=False,
    is_key_withdrawn=False,
)
JOB = CiJob(
    issuer="https://ci.example.com",
    repository_id=REPOSITORY_ID,
    workflow="shop/jobs/nightly.yml@refs/heads/main",
    environment="production",
    is_ref_protected=True,
    commit=COMMIT,
)
FLAWS: dict[Because, dict[str, Any]] = {
    Because.WITHDRAWN: {"is_withdrawn": True},
    Because.KEY_WITHDRAWN: {"is_key_withdrawn": True},
    Because.BUILDER: {"builder_id": "https://ci.example.com/another@v1"},
    Because.BUILD_LEVEL: {"build_level": 1},
    Because.REPOSITORY: {"repository_id": ""},
    Because.UNPROTECTED: {"is_ref_protected": False},
    Because.TOO_OLD: {"built_at": NOW - timedelta(hours=24, seconds=1)},
}
JOB_FLAWS: dict[Because, dict[str, Any]] = {
    Because.ISSUER: {"issuer": "https://other.example.com"},
    Because.WORKFLOW: {"workflow": "shop/jobs/nightly.yml@refs/heads/mine"},
    Because.STAGE: {"environment": ""},
    Because.REPOSITORY: {"repository_id": "712306"},
    Because.UNPROTECTED: {"is_ref_protected": False},
}


def test_a_build_that_keeps_every_rule_has_nothing_against_it() -> None:
    assert reasons_against_build(RULES, GOOD, digest=DIGEST, now=NOW) == ()
    assert reasons_against_job(RULES, JOB) == ()


@given(st.sets(st.sampled_from(sorted(FLAWS))))
def test_every_flaw_is_named_and_no_other(flaws: set[Because]) -> None:
    changes = {name: value for flaw in flaws for name, value in FLAWS[flaw].items()}
    assert set(reasons_against_build(RULES, replace(GOOD, **changes), digest=DIGEST, now=NOW)) == flaws


@given(st.sets(st.sampled_from(sorted(JOB_FLAWS))))
def test_every_flaw_of_a_job_is_named_and_no_other(flaws: set[Because]) -> None:
    changes = {name: value for flaw in flaws for name, value in JOB_FLAWS[flaw].items()}
    assert set(reasons_against_job(RULES, replace(JOB, **changes))) == flaws


def test_an_unknown_build_is_unreviewed_and_another_digest_is_swapped() -> None:
    assert reasons_against_build(RULES, None, digest=DIGEST, now=NOW) == (Because.UNREVIEWED,)
    assert reasons_against_build(RULES, GOOD, digest="cd" * 32, now=NOW) == (Because.SWAPPED,)


@pytest.mark.parametrize("field", ["builders", "repository_ids", "ci_workflows", "ci_environments"])
def test_an_empty_list_allows_nothing(field: str) -> None:
    rules = replace(RULES, **{field: frozenset()})
    assert reasons_against_build(rules, GOOD, digest=DIGEST, now=NOW) or reasons_against_job(rules, JOB)


def test_without_an_issuer_no_job_of_the_ci_gets_in() -> None:
    assert reasons_against_job(replace(RULES, ci_issuer=""), replace(JOB, issuer="")) == (Because.ISSUER,)


def test_codes_are_different_and_stay_apart_from_their_words() -> None:
    codes = [each.code for each in Because]
    assert len(set(codes)) == len(codes)
    assert all(code.startswith("build.") and " " not in code for code in codes)
