"""A token of a running CI job to session token: verified against pinned keys, used once, recorded."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from audit.actors import Actor, Build
from audit.recorder import append
from governance import events
from governance.actions.doorway import (
    count_failure,
    counter_of,
    find_client,
    is_stopped,
    read_id,
    record_refusal,
    refuse_throttled,
)
from governance.actions.signing import ensure_signing_key
from governance.actions.spending import spend
from governance.authorization import refusal
from governance.errors import Unauthenticated
from governance.identities import CLIENT
from governance.models import Client
from governance.provenance.admission import rules_of
from governance.provenance.policy import reasons_against_job
from governance.provenance.reasons import Because
from governance.provenance.workload import Workload
from governance.tokens.access import issue_access_token
from governance.tokens.jobs import JobToken, verified_job
from keyring.walls import in_environment


def exchange_job_token(
    *, client_id: str, assertion: str, address: str | None, now: datetime | None = None
) -> tuple[str, int]:
    """Exchange a token of a running job of the CI for a session token of a client and its life time in seconds.

    Raises:
        Unauthenticated: not a token of a pinned issuer for this client's environment, or no such client: all alike.
        Refused: the client's workload policy does not allow this job, or the token was used before; on record.
        Throttled: too many failures for this client from this address within a minute.
    """
    now = now or timezone.now()
    wanted = read_id(client_id)
    counter = counter_of(wanted, address)
    refuse_throttled(counter)
    client = find_client(wanted)
    try:
        proven = verified_job(assertion, now=now)
        if client is None or client.environment_id != proven.standing.environment_id or is_stopped(client):
            raise Unauthenticated("The access token is not valid.")
    except Unauthenticated:
        count_failure(counter)
        record_refusal(client, ["assertion"])
        raise
    against = _against(client, proven, now)
    build = Build(commit=proven.job.commit)
    actor = Actor(CLIENT, client.public_id, build)
    facts = {
        "issuer": proven.job.issuer,
        "repository_id": proven.job.repository_id,
        "workflow": proven.job.workflow,
        "reasons": [reason.value for reason in against],
    }
    rules = rules_of(proven.standing, client.public_id)
    if rules is None or (against and (rules.is_enforced or Because.STALE in against)):
        refused = refusal(*facts["reasons"])
        count_failure(counter)
        with in_environment(client.environment_id):
            append(
                events.JOB_DECIDED,
                environment_id=client.environment_id,
                actor=actor,
                facts=facts,
                outcome="refused",
                decision_id=refused.decision_id,
            )
        raise refused
    workload = Workload(build, job=proven.job)
    token, seconds = issue_access_token(client, key=ensure_signing_key(), now=now.timestamp(), workload=workload)
    with in_environment(client.environment_id):
        append(
            events.JOB_DECIDED,
            environment_id=client.environment_id,
            actor=actor,
            facts={**facts, "expires": seconds},
        )
    return token, seconds


def _against(client: Client, proven: JobToken, now: datetime) -> tuple[Because, ...]:
    rules = rules_of(proven.standing, client.public_id)
    if rules is None:
        return (Because.NO_POLICY,)
    is_first = spend(environment_id=client.environment_id, proof=proven.proof, expires_at=proven.expires_at, now=now)
    if not is_first:
        return (Because.STALE,)
    return reasons_against_job(rules, proven.job)
