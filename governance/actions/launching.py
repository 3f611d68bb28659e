"""A launcher's word to session token: what it measured, against what the CI signed and the client's policy demands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from audit.actors import Actor, Build
from audit.recorder import append
from governance import events
from governance.actions.doorway import (
    count_failure,
    counter_of,
    find_client,
    is_stopped,
    record_refusal,
    refuse_throttled,
)
from governance.actions.signing import ensure_signing_key
from governance.actions.spending import spend
from governance.authorization import refusal
from governance.errors import Invalid, Refused, Unauthenticated
from governance.identities import CLIENT
from governance.models import Client, Launcher, TrustedBuild
from governance.provenance.admission import facts_of, rules_of
from governance.provenance.dsse import Envelope, read_envelope, signer_of
from governance.provenance.keys import read_public_key
from governance.provenance.policy import WorkloadRules, reasons_against_build
from governance.provenance.reasons import Because
from governance.provenance.statements import read_provenance
from governance.provenance.vouching import NONCE_SECONDS, Vouched, is_fresh, read_vouched
from governance.provenance.workload import Workload
from governance.standing import Standing, fresh_standing_of
from governance.tokens.access import issue_access_token
from keyring.walls import in_environment


@dataclass(frozen=True, slots=True)
class Admitted:
    """A session token for one program: what it is, and what would speak against it if the policy were enforced."""

    token: str
    seconds: int
    build: Build
    reasons: tuple[Because, ...]


def admit_launch(*, envelope: str, address: str | None, now: datetime | None = None) -> Admitted:
    """Exchange a launcher's signed statement for a session token of the program that it is about to start.

    Raises:
        Invalid: this is no such statement.
        Unauthenticated: unknown client or launcher, another key, disabled or frozen client: all alike.
        Refused: with the reasons by code; on record with the digest.
        Throttled: too many failures for this client from this address within a minute.
    """
    now = now or timezone.now()
    opened = read_envelope(envelope)
    vouched = read_vouched(opened)
    counter = counter_of(vouched.client_id, address)
    refuse_throttled(counter)
    client = find_client(vouched.client_id)
    launcher = _launcher_that_signed(opened, vouched, client)
    if client is None or launcher is None or is_stopped(client):
        count_failure(counter)
        record_refusal(client, ["launcher"])
        raise Unauthenticated("Nobody known vouches for this program.")
    standing = fresh_standing_of(client.environment_id)
    build, against = _looked_at(standing, client, vouched, now)
    rules = rules_of(standing, client.public_id)
    if rules is None or not _is_proven(client, launcher, vouched, now):
        against = (Because.NO_POLICY,) if rules is None else (_flaw_of_proof(launcher),)
    if rules is None or (against and (rules.is_enforced or not _ALWAYS.isdisjoint(against))):
        raise _refused(client, vouched, build, against)
    return _admitted(client, vouched, build, against, now)


_ALWAYS = frozenset({Because.STALE, Because.LAUNCHER, Because.UNSEPARATED})
"""What is refused where a policy only audits as well: without a proof, or a launcher out of reach, nothing is known."""


def _launcher_that_signed(envelope: Envelope, vouched: Vouched, client: Client | None) -> Launcher | None:
    if client is None:
        return None
    with in_environment(client.environment_id):
        found = Launcher.objects.filter(public_id=vouched.launcher_id, client=client).first()
    if found is None:
        return None
    return signer_of(envelope, [(found, read_public_key(found.public_key))])


def _is_proven(client: Client, launcher: Launcher, vouched: Vouched, now: datetime) -> bool:
    """Whether the launcher may vouch, and does so now: its nonce is of this minute, and nobody used it before."""
    return launcher.withdrawn_at is None and is_fresh(vouched) and spend(
        environment_id=client.environment_id,
        proof=vouched.nonce,
        expires_at=now + timedelta(seconds=2 * NONCE_SECONDS),
        now=now,
    )  # fmt: skip


def _flaw_of_proof(launcher: Launcher) -> Because:
    return Because.LAUNCHER if launcher.withdrawn_at is not None else Because.STALE


def _looked_at(
    standing: Standing, client: Client, vouched: Vouched, now: datetime
) -> tuple[Build, tuple[Because, ...]]:
    """Find the registered build that speaks best for what was measured, and what still speaks against it."""
    rules = rules_of(standing, client.public_id)
    with in_environment(client.environment_id):
        rows = TrustedBuild.objects.select_related("key").filter(digest=vouched.digest).order_by("-built_at", "-pk")
        found = [(row, _against(rules, row, vouched, now)) for row in rows] if rules else []
    best = min(found, key=lambda each: len(each[1]), default=None)
    build, against = (best[0], best[1]) if best else (None, (Because.UNREVIEWED,))
    if vouched.expected not in (None, vouched.digest):
        against = (Because.SWAPPED,)
    if standing.is_protected and not vouched.is_separated:
        against = (*against, Because.UNSEPARATED)
    known = Build(vouched.digest, build.commit, build.public_id) if build else Build(vouched.digest)
    return known, against


def _against(rules: WorkloadRules, row: TrustedBuild, vouched: Vouched, now: datetime) -> tuple[Because, ...]:
    if not _still_says(row, vouched.digest):
        return (Because.TAMPERED,)
    return reasons_against_build(rules, facts_of(row), digest=vouched.digest, now=now)


def _still_says(row: TrustedBuild, digest: str) -> bool:
    """Read the kept envelope again: what the row says has to be what the CI's key signed, whoever wrote the row."""
    try:
        envelope = read_envelope(row.envelope)
        stated = read_provenance(envelope.payload_type, envelope.payload)
    except Invalid:
        return False
    said = (stated.builder_id, stated.repository_id, stated.is_ref_protected, stated.commit, stated.built_at)
    kept = (row.builder_id, row.repository_id, row.is_ref_protected, row.commit, row.built_at)
    is_about = any(artifact.digest == digest for artifact in stated.artifacts)
    return is_about and said == kept and signer_of(envelope, [(True, read_public_key(row.key.public_key))]) is True


def _admitted(client: Client, vouched: Vouched, build: Build, against: tuple[Because, ...], now: datetime) -> Admitted:
    workload = Workload(build, launcher_id=vouched.launcher_id)
    token, seconds = issue_access_token(client, key=ensure_signing_key(), now=now.timestamp(), workload=workload)
    _record(client, vouched, build, against, "done", expires=seconds)
    return Admitted(token, seconds, build, against)


def _refused(client: Client, vouched: Vouched, build: Build, against: tuple[Because, ...]) -> Refused:
    refused = refusal(*(reason.value for reason in against))
    _record(client, vouched, build, against, "refused", decision_id=refused.decision_id)
    return refused


def _record(
    client: Client,
    vouched: Vouched,
    build: Build,
    against: tuple[Because, ...],
    outcome: str,
    *,
    expires: int | None = None,
    decision_id: UUID | None = None,
) -> None:
    facts = {"launcher": vouched.launcher_id, "expected": vouched.expected, "separated": vouched.is_separated}
    with in_environment(client.environment_id):
        append(
            events.LAUNCH_DECIDED,
            environment_id=client.environment_id,
            actor=Actor(CLIENT, client.public_id, build),
            facts={**facts, "expires": expires, "reasons": [reason.value for reason in against]},
            outcome="done" if outcome == "done" else "refused",
            decision_id=decision_id,
        )
