"""Ending what a person proved on the phone: by the operator who has them on it, or by an officer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance.actions.change import containment
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from keyring.walls import in_environment
from userstore import events
from userstore.models import SubjectProof
from userstore.proving.endings import HUNG_UP, REASONS


def end_proof(caller: Caller, proof_id: UUID, *, ending: str = HUNG_UP, now: datetime | None = None) -> None:
    """End what a person proved to this operator; nothing is shown by it from the next check on.

    Raises:
        NotFound: no such proof of this operator.
    """
    with in_environment(caller.environment_id):
        proof = own_proof(caller, proof_id, SubjectProof.objects.select_for_update(of=("self",)))
        if proof.ended_at is None:
            _end(proof, caller, ending, now or timezone.now())
            append(
                events.SUBJECT_PROOF_ENDED,
                environment_id=caller.environment_id,
                actor=caller.actor,
                facts={"proof": proof.pk, "why": ending},
            )


def stop_proof(caller: Caller, proof_id: UUID, *, why: str, now: datetime | None = None) -> None:
    """End what a person proved to somebody else's call; nothing is shown by it from the next read on.

    It waits for a read under way, and for no second person.

    Raises:
        Refused: the caller may not configure; on record.
        Invalid: `why` is none of `REASONS`.
        NotFound: there is no such call.
        Conflict: it has ended.
    """
    if why not in REASONS:
        raise Invalid("Say why.", field="why", remedy=f"Known: {', '.join(REASONS)}.")
    with containment(caller, events.SUBJECT_PROOF_ENDED, now=now) as change:
        rows = SubjectProof.objects.select_for_update(of=("self",)).select_related("accessor")
        proof = rows.filter(pk=proof_id).first()
        if proof is None:
            raise NotFound("There is no such call.", field="proof")
        if not proof.is_living(proof.moment(change.now)):
            raise Conflict("This call is over.", remedy="Nothing is shown by it any more.")
        _end(proof, caller, why, change.now)
        change.facts.update(proof=proof.pk, accessor=proof.accessor.public_id, operator=proof.account_id, why=why)


def own_proof(caller: Caller, proof_id: UUID, proofs: Any = None) -> SubjectProof:
    """Return a proof of this operator with what it is about, or raise NotFound; must run inside the environment."""
    rows = (SubjectProof.objects if proofs is None else proofs).select_related("subject", "accessor", "purpose")
    found: SubjectProof | None = rows.filter(pk=proof_id, account=caller.account_id).first()
    if found is None:
        raise NotFound("There is no such call of yours.", field="proof")
    return found


def _end(proof: SubjectProof, caller: Caller, ending: str, now: datetime) -> None:
    proof.latest_at = proof.moment(now)
    proof.ended_at, proof.ending, proof.ended_by_id = proof.latest_at, ending, caller.account_id
    proof.save(update_fields=["latest_at", "ended_at", "ending", "ended_by"])
