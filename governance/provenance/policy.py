"""May this build run as this client? One pure function says, with every reason against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from governance.provenance.reasons import Because


@dataclass(frozen=True, slots=True)
class WorkloadRules:
    """A client's workload policy as decisions see it. An empty set allows nothing."""

    is_enforced: bool
    builders: frozenset[str]
    repository_ids: frozenset[str]
    needs_protected_ref: bool
    least_build_level: int
    max_age: timedelta | None
    ci_issuer: str
    ci_workflows: frozenset[str]
    ci_environments: frozenset[str]


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """What is known of a registered build now."""

    id: UUID
    digest: str
    commit: str
    builder_id: str
    build_level: int
    repository_id: str
    is_ref_protected: bool
    built_at: datetime
    is_withdrawn: bool
    is_key_withdrawn: bool


@dataclass(frozen=True, slots=True)
class CiJob:
    """What an issuer's token says of a running job of the CI."""

    issuer: str
    repository_id: str
    workflow: str
    environment: str
    is_ref_protected: bool
    commit: str


def reasons_against_build(
    rules: WorkloadRules, build: BuildFacts | None, *, digest: str, now: datetime
) -> tuple[Because, ...]:
    """Say what speaks against running an artifact of this digest; empty where nothing does.

    Args:
        build: the registered build that is to vouch for it, None where there is none.
        digest: of what runs, as a launcher measured it.
    """
    if build is None:
        return (Because.UNREVIEWED,)
    if build.digest != digest:
        return (Because.SWAPPED,)
    found = (
        (build.is_withdrawn, Because.WITHDRAWN),
        (build.is_key_withdrawn, Because.KEY_WITHDRAWN),
        (build.builder_id not in rules.builders, Because.BUILDER),
        (build.build_level < rules.least_build_level, Because.BUILD_LEVEL),
        (build.repository_id not in rules.repository_ids, Because.REPOSITORY),
        (rules.needs_protected_ref and not build.is_ref_protected, Because.UNPROTECTED),
        (rules.max_age is not None and now - build.built_at > rules.max_age, Because.TOO_OLD),
    )
    return tuple(reason for applies, reason in found if applies)


def reasons_against_job(rules: WorkloadRules, job: CiJob) -> tuple[Because, ...]:
    """Say what speaks against letting a job of the CI call; empty where nothing does."""
    found = (
        (not rules.ci_issuer or job.issuer != rules.ci_issuer, Because.ISSUER),
        (job.workflow not in rules.ci_workflows, Because.WORKFLOW),
        (job.environment not in rules.ci_environments, Because.STAGE),
        (job.repository_id not in rules.repository_ids, Because.REPOSITORY),
        (rules.needs_protected_ref and not job.is_ref_protected, Because.UNPROTECTED),
    )
    return tuple(reason for applies, reason in found if applies)
