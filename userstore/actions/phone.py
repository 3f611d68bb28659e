"""Acting for a person on the phone: a code is sent to them, they read it back, and from then on they are told of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.db.models.functions import Greatest
from django.utils import timezone

from audit.events import EventKind
from audit.integrity.state import contradiction
from audit.recorder import append
from governance import counting
from governance.actions.change import raise_epoch
from governance.actions.stepping import SKEW, must_tell_time
from governance.authorization import Clearance, at_current_epoch, refusal
from governance.breakglass.terms import terms_of
from governance.errors import Refused, Throttled
from governance.identities import Caller
from governance.rights import latest_moment
from governance.standing import Standing, fresh_standing_of, standing_of
from keyring.plain import Plain
from keyring.walls import in_environment
from userstore import events
from userstore.actions.ending_calls import end_proof, own_proof
from userstore.errors import NotFound
from userstore.models import Accessor, Subject, SubjectProof
from userstore.models.proofs import MOST_TRIES
from userstore.proving.checking import failed, image, must_be_fresh, must_be_open, must_be_set_up
from userstore.proving.endings import REPLACED, UNTOLD, WRONG_CODES
from userstore.proving.posting import Letter, post_code, post_notice
from userstore.reading.acting import cleared_to_act, note_moment, person_to_tell
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.plan import AccessorPlan, accessor_plan
from userstore.writing.keys import handle_of, subject_key

DIGITS = 8
CODES_TO_A_PERSON, CODES_OF_A_CALLER = 3, 20
"""Within an hour: to one person, whoever asks; and by one operator, to whomever."""
HOUR = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)
"""When proofs, long over by then, are forgotten; the book keeps what was done by them."""


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """Whom an operator has on the phone, and through which accessor and for which of its purposes they would look."""

    accessor_id: UUID
    subject_id: UUID
    purpose: UUID
    context: CallContext = field(default_factory=CallContext)


def send_code(caller: Caller, call: PhoneCall, *, now: datetime | None = None) -> SubjectProof:
    """Have a code sent to a person by e-mail, and return what they prove by reading it back.

    The answer is the same, and takes the same work, whether there is an address that may be used for this or not; the
    book says which, and whether the letter left. A former code of this operator for this person ends.

    Raises:
        Refused: the operator may not ask for access here; on record.
        Invalid: nothing is shown to people themselves here, or no column takes codes, or no rule lets anybody ask.
        NotFound: no such person or accessor.
        Throttled: too many codes to this person, or by this operator.
        Unavailable: no mail server is set up, or it does not answer, or the clock was put back.
    """
    now = now or timezone.now()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    with _refusal_on_record(events.SUBJECT_CODE_SENT, caller, now) as said:
        letter = _made(caller, call, code, said, now)
    post_code(letter, code, caller)
    return letter.proof


@at_current_epoch
def _made(caller: Caller, call: PhoneCall, code: str, said: dict[str, Any], now: datetime) -> Letter:
    standing = standing_of(caller.environment_id)
    plan = accessor_plan(standing, call.accessor_id)
    said.update(accessor=call.accessor_id)
    clearance = cleared_to_act(caller, plan, now=now)
    purpose = must_be_set_up(plan, call.purpose)
    moment = latest_moment(standing, now)
    must_tell_time(now, latest=moment)
    hour = int(now.timestamp() // 3600)
    if not counting.spend(
        "phone", caller.account_id, bucket=hour, buckets=1, allowance=CODES_OF_A_CALLER, seconds=3600
    ):
        raise Throttled("You have sent too many codes in this hour.")
    with in_environment(caller.environment_id):
        terms_of(call.accessor_id)  # without a rule nobody asks for access, on the phone neither
        people = Subject.objects.select_for_update(no_key=True)
        person = people.filter(public_id=call.subject_id, erased_at=None).first()
        if person is None:
            raise NotFound("There is no such person.", field="subject")
        if SubjectProof.objects.filter(subject=person, made_at__gt=now - HOUR).count() >= CODES_TO_A_PERSON:
            raise Throttled("This person was sent too many codes in an hour.", remedy="Request temporary access.")
        SubjectProof.objects.filter(made_at__lt=now - FORGOTTEN_AFTER).delete()
        former = SubjectProof.objects.filter(account=caller.account_id, subject=person, ended_at=None)
        former.update(ended_at=moment, ending=REPLACED, ended_by=caller.account_id)
        proof = SubjectProof(
            environment_id=caller.environment_id,
            account_id=caller.account_id,
            subject=person,
            accessor=Accessor.objects.get(public_id=call.accessor_id),
            purpose_id=purpose.number,
            made_at=moment,
            latest_at=moment,
        )
        proof.code = image(proof, code)
        proof.save(force_insert=True)
        address = _address(caller, call, plan, clearance, now)
        facts = {**_told(proof, plan), "sent": address is not None}
        _append(events.SUBJECT_CODE_SENT, caller, facts, clearance)
        _remember(standing, moment)
    return Letter(proof, address, standing.environment_name)


def prove(
    caller: Caller,
    proof_id: UUID,
    code: str,
    *,
    factor_at: datetime | None,
    context: CallContext,
    now: datetime | None = None,
) -> SubjectProof:
    """Take the code that a person read back and tell them; once they are told, their own view of their record is shown.

    Until the mail server has taken that letter the proof opens nothing, whoever brings it, and whatever ends this
    before leaves it shut. A wrong code counts, and after five the proof is closed. A code opens once, to whoever had
    it sent.

    Args:
        factor_at: when the operator last proved a second factor in this session.

    Raises:
        NotFound: no such proof of this operator.
        Refused: a wrong or used code, too late, or the right is gone; on record.
        Unavailable: the person cannot be told, so nothing opens, or the clock was put back.
    """
    now = now or timezone.now()
    with _refusal_on_record(events.SUBJECT_PROVED, caller, now) as said:
        said.update(proof=proof_id)
        if doubt := contradiction():
            raise refusal(doubt)
        opened = _read_back(caller, proof_id, code, context, factor_at, now)
        if opened is None:
            raise failed("proof: wrong code", "This is not the code.", "Have it read once more.")
    letter, address = opened
    try:
        post_notice(letter, address, caller)
    except Exception:
        end_proof(caller, proof_id, ending=UNTOLD, now=now)
        raise
    _open(letter.proof, now)
    return letter.proof


def _open(proof: SubjectProof, now: datetime) -> None:
    """Let a proof show something, unless it was ended while the letter was under way."""
    with in_environment(proof.environment_id):
        living = SubjectProof.objects.filter(pk=proof.pk, ended_at=None)
        living.update(told_at=Greatest("latest_at", now), latest_at=Greatest("latest_at", now))
        proof.refresh_from_db(fields=["told_at", "latest_at", "ended_at", "ending"])


@at_current_epoch
def _read_back(
    caller: Caller, proof_id: UUID, code: str, context: CallContext, factor_at: datetime | None, now: datetime
) -> tuple[Letter, Plain[str]] | None:
    """Return the letter that tells the person, and its address; None where the code is wrong, which is counted."""
    with in_environment(caller.environment_id):
        proof = own_proof(caller, proof_id, SubjectProof.objects.select_for_update(of=("self",)))
        standing = standing_of(caller.environment_id)
        plan = accessor_plan(standing, proof.accessor.public_id)
        clearance = cleared_to_act(caller, plan, now=now)
        moment = proof.latest_at = proof.moment(latest_moment(standing, now))
        must_be_open(proof, moment)
        must_tell_time(now, latest=moment)
        must_be_fresh(proof, factor_at, now)
        proof.tries += 1
        if not compare_digest(image(proof, code.replace(" ", "")), proof.code):
            if proof.tries >= MOST_TRIES:
                proof.ended_at, proof.ending = moment, WRONG_CODES
            proof.save(update_fields=["tries", "latest_at", "ended_at", "ending"])
            return None
        call = PhoneCall(proof.accessor.public_id, proof.subject.public_id, proof.purpose.public_id, context)
        address = _address(caller, call, plan, clearance, now)
        if address is None:
            raise failed(
                "proof: the person cannot be told", "The person cannot be told of it.", "Request temporary access."
            )
        proof.proved_at = moment
        proof.save(update_fields=["tries", "latest_at", "proved_at"])
        _append(events.SUBJECT_PROVED, caller, {**_told(proof, plan), "until": proof.not_after}, clearance)
        _remember(standing, moment)
    return Letter(proof, address, standing.environment_name), address


def _remember(standing: Standing, moment: datetime) -> None:
    """Let no clock that is put back later make anything last longer; once a minute, since everybody decides anew.

    It comes last: whoever holds the environment's row waits for nothing after it.
    """
    if standing.latest_at is None or moment - standing.latest_at >= SKEW:
        raise_epoch(standing.environment_id, now=moment)


def _address(
    caller: Caller, call: PhoneCall, plan: AccessorPlan, clearance: Clearance, now: datetime
) -> Plain[str] | None:
    read = AccessorCall(caller, call.accessor_id, [[str(call.subject_id)]], call.context)
    return person_to_tell(read, call.subject_id, plan, clearance, now=now)


def _told(proof: SubjectProof, plan: AccessorPlan) -> dict[str, Any]:
    """What every entry about a proof says."""
    return {
        "proof": proof.pk,
        "accessor": plan.public_id,
        "purpose": proof.purpose.name,
        "subjects": [handle_of(proof.subject, subject_key(proof.subject))],
    }


def _append(event: EventKind, caller: Caller, facts: dict[str, Any], clearance: Clearance | None = None) -> None:
    append(
        event,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts=facts,
        decision_id=clearance.decision_id if clearance else None,
    )


@contextmanager
def _refusal_on_record(event: EventKind, caller: Caller, now: datetime) -> Iterator[dict[str, Any]]:
    """Put a refusal on record outside the transaction that it rolls back, with what was known by then."""
    fresh_standing_of(caller.environment_id)
    said: dict[str, Any] = {}
    try:
        yield said
    except Refused as refused:
        if "proof" in said:
            note_moment(caller, said["proof"], now=now)
        append(
            event,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts=said | {"reasons": list(refused.reasons)},
            outcome="refused",
            decision_id=refused.decision_id,
        )
        raise
