"""A client takes what was handed on to it: a code, its own token and a proof of a key, for a token bound to the key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from governance import events
from governance.actions.signing import ensure_signing_key
from governance.actions.stepping import Stepping, stepping
from governance.authorization import refusal
from governance.delegation.handed import CHANGED, version_now
from governance.delegation.opening import digest_of_code, holder_named, must_be_open, must_be_there, told_of
from governance.delegation.proofs import Presented, read_proof
from governance.delegation.tokens import Bound, issue_delegated_token, proof_refusals_on_record, spend_proof
from governance.errors import Unauthenticated
from governance.identities import Caller, Delegated
from governance.models import Delegation, RequestedSubject
from governance.tokens.access import caller_of


def take_delegation(
    *, code: str, actor_token: str, presented: Presented, now: datetime | None = None
) -> tuple[str, int]:
    """Exchange what was handed on for a token that is bound to the key of the proof (RFC 8693, RFC 9449); once.

    Args:
        actor_token: the client's own access token; which program it runs goes into the new one.

    Raises:
        Unauthenticated: the client's token is not valid, or the proof does not fit.
        Refused: there is nothing to take for this client, or it may no longer act for others here; on record.
    """
    now = now or timezone.now()
    if not actor_token:
        raise Unauthenticated("Send the client's own access token as actor_token.")
    client = caller_of(actor_token, now=now.timestamp())
    with proof_refusals_on_record(client):
        proof = read_proof(presented, now=now)
        spend_proof(proof, environment_id=client.environment_id, now=now)
    key = ensure_signing_key()
    with stepping(client, events.DELEGATION_TAKEN, now=now) as step:
        if client.via:
            raise refusal("delegation: a client that acts through another takes nothing")
        row = _to_take(step, client, code)
        if row.key not in ("", proof.key):
            raise refusal("dpop: key", remedy="The delegation names the key that it is for.")
        found = must_be_there(row.grant.accessor_id)
        if version_now(step.standing, row.grant.accessor_id) != row.version:
            raise refusal(CHANGED)
        grant = must_be_open(step.standing, row.grant, client, found.resource, now=step.now)
        row.taken_at, row.key = step.now, proof.key
        taken = Delegation.objects.filter(pk=row.pk, taken_at=None, ended_at=None)
        if not taken.update(taken_at=row.taken_at, key=row.key):
            raise refusal("delegation: it was taken before")
        holder = holder_named(row.grant.grantee, client.environment_id)
        token = issue_delegated_token(
            holder,
            Delegated(row.pk, client, proof.key),
            Bound(grant.id, row.columns, _people(row), grant.purpose, row.version),
            key=key,
            now=now,
            until=row.not_after or now,
        )
        step.tell("delegation.taken", [row.grant.grantee_id], row.grant_id)
    return token


def _to_take(step: Stepping, client: Caller, code: str) -> Delegation:
    rows = Delegation.objects.select_related("grant__grantee", "client")
    row = rows.filter(code=digest_of_code(code), client__public_id=client.id).first()
    if row is None:
        raise refusal("delegation: there is none for this client to take")
    step.facts.update(told_of(row, client.id), until=row.not_after)
    if row.taken_at is not None:
        raise refusal("delegation: it was taken before")
    if row.ended_at is not None:
        raise refusal("delegation: ended")
    if row.not_after is None or step.now >= row.not_after:
        raise refusal("delegation: its time is over")
    return row


def _people(row: Delegation) -> list[UUID]:
    return list(RequestedSubject.objects.filter(pk__in=row.people).values_list("subject_id", flat=True))
