"""Tokens that carry a delegation: bound to a key, short-lived, and worth what the delegation's row still says.

The claims follow RFC 8693: `sub` is whose access is used, `act` who uses it. They tell the client what it was given;
what it may read is decided at every call from the row, the grant and the rights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from audit.recorder import append
from governance import events
from governance.actions.spending import spend
from governance.delegation.handed import delegation_of
from governance.delegation.proofs import Presented, Proof, ProofRefused, read_proof
from governance.errors import Unauthenticated
from governance.identities import CLIENT, OPERATOR, Caller, Delegated
from governance.models import SigningKey
from governance.people import caller_named
from governance.provenance.workload import read_workload
from governance.tokens.access import ALGORITHM, claims_of
from governance.tokens.signing import private_key_of
from keyring.walls import in_environment

TOKEN_TYPE = "delegated+jwt"  # noqa: S105  the name of a type, not a password
_ASK = "Take a delegation at POST /oidc/token for a new token."


@dataclass(frozen=True, slots=True)
class Bound:
    """What a token says it is bound to, beside the key: told to the client, decided anew at every call."""

    grant: UUID
    columns: Collection[UUID]
    subjects: Collection[UUID]
    purpose: UUID
    version: str


def issue_delegated_token(
    holder: Caller, delegated: Delegated, bound: Bound, *, key: SigningKey, now: datetime, until: datetime
) -> tuple[str, int]:
    """Sign a token with which a client calls for the holder of a grant; returns it and its life time in seconds."""
    client, expires = delegated.client, int(until.timestamp())
    workload = {"workload": client.workload.claims} if client.workload is not None else {}
    claims = {
        "iss": settings.PUBLIC_URL,
        "aud": [settings.PUBLIC_URL],
        "sub": str(holder.id),
        "sub_kind": holder.kind,
        "act": {"sub": str(client.id), **workload},
        "environment": str(holder.environment_id),
        "iat": int(now.timestamp()),
        "exp": expires,
        "jti": str(delegated.id),
        "cnf": {"jkt": delegated.key},
        "grant": str(bound.grant),
        "cols": sorted(str(column) for column in bound.columns),
        "subj": digest_of_set(bound.subjects),
        "purpose": str(bound.purpose),
        "pol": bound.version,
    }
    header = {"kid": str(key.id), "typ": TOKEN_TYPE}
    return jwt.encode(claims, private_key_of(key), algorithm=ALGORITHM, headers=header), expires - int(now.timestamp())


def digest_of_set(ids: Collection[UUID]) -> str:
    """Return one digest for some ids in any order: a token names nobody whose record it opens."""
    return hashlib.sha256("\n".join(sorted(str(each) for each in ids)).encode()).hexdigest()


def delegated_caller_of(token: str, presented: Presented, *, now: datetime) -> Caller:
    """Return for whom a client calls with a bound token, whose key it has just proved to hold.

    What it may do is not decided here.

    Raises:
        ProofRefused: the proof is missing, does not fit, or was used before; on record.
        Unauthenticated: the token is none of ours, has expired, or whose access it is is gone.
    """
    claims = _claims(token, now)
    caller = _caller(claims)
    with proof_refusals_on_record(caller):
        proof = read_proof(presented, now=now, token=token)
        if caller.delegated is None or proof.key != caller.delegated.key:
            raise ProofRefused("key", "The proof is signed with another key than the token is bound to.")
        spend_proof(proof, environment_id=caller.environment_id, now=now)
    return caller


def spend_proof(proof: Proof, *, environment_id: UUID, now: datetime) -> None:
    """Use a proof up; `ProofRefused` where somebody has used it before, in whichever process."""
    if not spend(environment_id=environment_id, proof=proof.mark, expires_at=proof.expires_at, now=now):
        raise ProofRefused("replayed", "The proof was used before.")


@contextmanager
def proof_refusals_on_record(caller: Caller) -> Iterator[None]:
    """Put on record that somebody whose token is genuine did not prove that it is theirs."""
    try:
        yield
    except ProofRefused as refused:
        with in_environment(caller.environment_id):
            append(
                events.DELEGATION_PROOF_REFUSED,
                environment_id=caller.environment_id,
                actor=caller.actor,
                facts={**delegation_of(caller), "reasons": list(refused.reasons)},
                outcome="refused",
            )
        raise


def _claims(token: str, now: datetime) -> dict[str, Any]:
    try:
        claims = claims_of(token, moment=now.timestamp())
    except jwt.PyJWTError:
        raise Unauthenticated("The access token is not valid.", remedy=_ASK) from None
    if "cnf" not in claims:
        raise ProofRefused("not bound", "This token is bound to no key: send it as Bearer.")
    if now.timestamp() >= float(claims["exp"]):
        raise Unauthenticated("The access token has expired.", remedy=_ASK)
    return claims


def _caller(claims: dict[str, Any]) -> Caller:
    try:
        environment_id, act = UUID(claims["environment"]), claims["act"]
        kind = {OPERATOR: OPERATOR, CLIENT: CLIENT}[claims["sub_kind"]]
        workload = read_workload(act["workload"]) if "workload" in act else None
        with in_environment(environment_id):
            holder = caller_named(kind=kind, caller_id=UUID(claims["sub"]), environment_id=environment_id)
            client = caller_named(kind=CLIENT, caller_id=UUID(act["sub"]), environment_id=environment_id)
        delegation_id, key = UUID(claims["jti"]), str(claims["cnf"]["jkt"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unauthenticated("The access token is not valid.", remedy=_ASK) from None
    if holder is None or client is None:
        raise Unauthenticated("The access token is not valid.", remedy=_ASK)
    sender = Caller(CLIENT, client.id, client.account_id, environment_id, client.name, workload=workload)
    return Caller(
        kind=holder.kind,
        id=holder.id,
        account_id=holder.account_id,
        environment_id=environment_id,
        name=holder.name,
        group_ids=holder.group_ids,
        delegated=Delegated(delegation_id, sender, key),
    )
