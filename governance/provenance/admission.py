"""Whether what a caller runs may still run as it: decided at every call, as of one epoch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from governance.identities import CLIENT, Caller
from governance.issuers import accepted_in
from governance.models import Launcher, TrustedBuild, WorkloadPolicy
from governance.provenance.policy import BuildFacts, WorkloadRules, reasons_against_build, reasons_against_job
from governance.provenance.reasons import Because
from governance.standing import Standing
from keyring.walls import in_environment


def rules_of(standing: Standing, client_id: UUID) -> WorkloadRules | None:
    """Return what is demanded of programs that run as a client, None where nothing is."""
    return standing.part("workload rules", lambda: _load_rules(standing.environment_id)).get(client_id)


def reasons_against(caller: Caller, *, standing: Standing, now: datetime) -> tuple[Because, ...]:
    """Say what speaks against the program that calls; empty where nothing does, or nothing is demanded."""
    rules = rules_of(standing, caller.id) if caller.kind == CLIENT else None
    if rules is None:
        return ()
    workload = caller.workload
    if workload is None:
        return (Because.UNVOUCHED,)
    if workload.job is not None:
        is_pinned = workload.job.issuer in accepted_in(standing).pinned
        return (*(() if is_pinned else (Because.ISSUER,)), *reasons_against_job(rules, workload.job))
    launchers: Mapping[UUID, UUID] = standing.part("launchers", lambda: _load_launchers(standing.environment_id))
    if workload.launcher_id is None or launchers.get(workload.launcher_id) != caller.id:
        return (Because.LAUNCHER,)
    build = build_in(standing, workload.build.id) if workload.build.id else None
    return reasons_against_build(rules, build, digest=workload.build.digest or "", now=now)


def refused_because(caller: Caller, *, standing: Standing, now: datetime) -> tuple[Because, ...]:
    """Say why the program that calls is refused: what speaks against it, where its client's policy is enforced."""
    found = reasons_against(caller, standing=standing, now=now)
    rules = rules_of(standing, caller.id) if found else None
    return found if rules is not None and rules.is_enforced else ()


def build_in(standing: Standing, build_id: UUID) -> BuildFacts | None:
    """Return what is known of a registered build."""
    return standing.part(("build", build_id), lambda: _load_build(standing.environment_id, build_id))


def facts_of(build: TrustedBuild) -> BuildFacts:
    """Return a build as decisions see it: its key is asked as well, and every other registration of the artifact.

    Whoever takes one of them back means the artifact: it does not run on because the CI has built it twice.
    """
    return BuildFacts(
        id=build.public_id,
        digest=build.digest,
        commit=build.commit,
        builder_id=build.builder_id,
        build_level=build.build_level,
        repository_id=build.repository_id,
        is_ref_protected=build.is_ref_protected,
        built_at=build.built_at,
        is_withdrawn=TrustedBuild.objects.filter(digest=build.digest).exclude(withdrawn_at=None).exists(),
        is_key_withdrawn=build.key.withdrawn_at is not None,
    )


def _load_build(environment_id: UUID, build_id: UUID) -> BuildFacts | None:
    with in_environment(environment_id):
        build = TrustedBuild.objects.select_related("key").filter(public_id=build_id).first()
        return facts_of(build) if build is not None else None


def _load_launchers(environment_id: UUID) -> Mapping[UUID, UUID]:
    with in_environment(environment_id):
        return dict(Launcher.objects.filter(withdrawn_at=None).values_list("public_id", "client__public_id"))


def _load_rules(environment_id: UUID) -> Mapping[UUID, WorkloadRules]:
    with in_environment(environment_id):
        return {each.client.public_id: _rules(each) for each in WorkloadPolicy.objects.select_related("client")}


def _rules(policy: WorkloadPolicy) -> WorkloadRules:
    return WorkloadRules(
        is_enforced=policy.mode != WorkloadPolicy.AUDIT,
        builders=frozenset(policy.builders),
        repository_ids=frozenset(policy.repository_ids),
        needs_protected_ref=policy.needs_protected_ref,
        least_build_level=policy.least_build_level,
        max_age=timedelta(hours=policy.max_age_hours) if policy.max_age_hours is not None else None,
        ci_issuer=policy.ci_issuer,
        ci_workflows=frozenset(policy.ci_workflows),
        ci_environments=frozenset(policy.ci_environments),
    )
