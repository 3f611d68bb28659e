"""Acting for a person on the phone: a code is sent to them, they read it back, and from then on they are told of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from audit.events import EventKind
from audit.recorder import append
from governance import counting
from governance.authorization import Clearance, at_current_epoch
from governance.breakglass.terms import terms_of
from governance.errors import Refused, Throttled, Unavailable
from governance.identities import Caller
from governance.notices import mail
from governance.notices.unsent import Unsent
from governance.rights import latest_moment
from governance.standing import fresh_standing_of, standing_of
from keyring.plain import Plain
from keyring.walls import in_environment
from userstore import events
from userstore.errors import NotFound
from userstore.models import Accessor, Subject, SubjectProof
from userstore.models.proofs import MOST_TRIES
from userstore.proving import letters
from userstore.proving.checking import failed, image, must_be_fresh, must_be_open, must_be_set_up
from userstore.reading.acting import cleared_to_act, person_to_tell
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


@dataclass(frozen=True, slots=True)
class Letter:
    """What leaves for a person once its record is committed; without an address nothing does, and nobody is told so."""

    proof: SubjectProof
    address: Plain[str] | None
    environment_name: str


def send_code(caller: Caller, call: PhoneCall, *, now: datetime | None = None) -> SubjectProof:
    """Have a code sent to a person by e-mail, and return what they prove by reading it back.

    The answer is the same whether there is an address that may be used for this or not; the book says which. A former
    code of this operator for this person ends.

    Raises:
        Refused: the operator may not ask for access here; on record.
        Invalid: nothing is shown to people themselves here, or no column takes codes, or no rule lets anybody ask.
        NotFound: no such person or accessor.
        Throttled: too many codes to this person, or by this operator.
        Unavailable: no mail server is set up, or it does not answer.
    """
    now = now or timezone.now()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    with _refusal_on_record(events.SUBJECT_CODE_SENT, caller) as said:
        letter = _made(caller, call, code, said, now)
    text = letters.of_code(code, letter.environment_name)
    _post(letter, text, caller, events.SUBJECT_CODE_SENT)
    return letter.proof


@at_current_epoch
def _made(caller: Caller, call: PhoneCall, code: str, said: dict[str, Any], now: datetime) -> Letter:
    standing = standing_of(caller.environment_id)
    plan = accessor_plan(standing, call.accessor_id)
    said.update(accessor=call.accessor_id)
    clearance = cleared_to_act(caller, plan, now=now)
    purpose = must_be_set_up(plan, call.purpose)
    hour = int(now.timestamp() // 3600)
    if not counting.spend(
        "phone", caller.account_id, bucket=hour, buckets=1, allowance=CODES_OF_A_CALLER, seconds=3600
    ):
        raise Throttled("You have sent too many codes in this hour.")
    with in_environment(caller.environment_id):
        terms_of(call.accessor_id)  # without a rule nobody asks for access, on the phone neither
        person = Subject.objects.select_for_update().filter(public_id=call.subject_id, erased_at=None).first()
        if person is None:
            raise NotFound("There is no such person.", field="subject")
        if SubjectProof.objects.filter(subject=person, made_at__gt=now - HOUR).count() >= CODES_TO_A_PERSON:
            raise Throttled("This person was sent too many codes in an hour.", remedy="Request temporary access.")
        SubjectProof.objects.filter(made_at__lt=now - FORGOTTEN_AFTER).delete()
        former = SubjectProof.objects.filter(account=caller.account_id, subject=person, ended_at=None)
        former.update(ended_at=now)
        proof = SubjectProof(
            environment_id=caller.environment_id,
            account_id=caller.account_id,
            subject=person,
            accessor=Accessor.objects.get(public_id=call.accessor_id),
            purpose_id=purpose.number,
            made_at=latest_moment(standing, now),
        )
        proof.code = image(proof, code)
        proof.save(force_insert=True)
        address = _address(caller, call, plan, clearance, now)
        facts = {**_told(proof, plan), "sent": address is not None}
        _append(events.SUBJECT_CODE_SENT, caller, facts, clearance)
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
    """Take the code that a person read back; from here on their own view of their record is shown, and they are told.

    A wrong code counts, and after five the proof is closed. A code opens once, to whoever had it sent.

    Args:
        factor_at: when the operator last proved a second factor in this session.

    Raises:
        NotFound: no such proof of this operator.
        Refused: a wrong or used code, too late, or the right is gone; on record.
        Unavailable: the person cannot be told, so nothing opens.
    """
    now = now or timezone.now()
    with _refusal_on_record(events.SUBJECT_PROVED, caller) as said:
        said.update(proof=proof_id)
        letter = _read_back(caller, proof_id, code, context, factor_at, now)
        if letter is None:
            raise failed("proof: wrong code", "This is not the code.", "Have it read once more.")
    try:
        _post(letter, letters.of_access(letter.environment_name), caller, events.SUBJECT_PROVED)
    except Unavailable:
        end_proof(caller, proof_id, now=now)
        raise
    return letter.proof


@at_current_epoch
def _read_back(
    caller: Caller, proof_id: UUID, code: str, context: CallContext, factor_at: datetime | None, now: datetime
) -> Letter | None:
    """Return the letter that tells the person; None where the code is wrong, which is counted and kept."""
    with in_environment(caller.environment_id):
        proof = _own(caller, proof_id, SubjectProof.objects.select_for_update(of=("self",)))
        standing = standing_of(caller.environment_id)
        plan = accessor_plan(standing, proof.accessor.public_id)
        clearance = cleared_to_act(caller, plan, now=now)
        moment = latest_moment(standing, now)
        must_be_open(proof, moment)
        must_be_fresh(proof, factor_at, now)
        proof.tries += 1
        if not compare_digest(image(proof, code.replace(" ", "")), proof.code):
            proof.ended_at = moment if proof.tries >= MOST_TRIES else None
            proof.save(update_fields=["tries", "ended_at"])
            return None
        call = PhoneCall(proof.accessor.public_id, proof.subject.public_id, proof.purpose.public_id, context)
        address = _address(caller, call, plan, clearance, now)
        if address is None:
            raise failed(
                "proof: the person cannot be told", "The person cannot be told of it.", "Request temporary access."
            )
        proof.proved_at = moment
        proof.save(update_fields=["tries", "proved_at"])
        _append(events.SUBJECT_PROVED, caller, {**_told(proof, plan), "until": proof.not_after}, clearance)
    return Letter(proof, address, standing.environment_name)


def end_proof(caller: Caller, proof_id: UUID, *, now: datetime | None = None) -> None:
    """End what a person proved to this operator; nothing is shown by it from the next check on.

    Raises:
        NotFound: no such proof of this operator.
    """
    with in_environment(caller.environment_id):
        proof = _own(caller, proof_id, SubjectProof.objects.select_for_update(of=("self",)))
        if proof.ended_at is None:
            proof.ended_at = now or timezone.now()
            proof.save(update_fields=["ended_at"])
            _append(events.SUBJECT_PROOF_ENDED, caller, {"proof": proof.pk})


def own_proof(caller: Caller, proof_id: UUID) -> SubjectProof:
    """Return a proof of this operator with what it is about, or raise NotFound; must run inside the environment."""
    return _own(caller, proof_id, SubjectProof.objects)


def _own(caller: Caller, proof_id: UUID, proofs: Any) -> SubjectProof:
    rows = proofs.select_related("subject", "accessor", "purpose")
    found: SubjectProof | None = rows.filter(pk=proof_id, account=caller.account_id).first()
    if found is None:
        raise NotFound("There is no such call of yours.", field="proof")
    return found


def _address(
    caller: Caller, call: PhoneCall, plan: AccessorPlan, clearance: Clearance, now: datetime
) -> Plain[str] | None:
    read = AccessorCall(caller, call.accessor_id, [[str(call.subject_id)]], call.context)
    return person_to_tell(read, call.subject_id, plan, clearance, now=now)


def _post(letter: Letter, text: letters.Text, caller: Caller, event: EventKind) -> None:
    """Hand a letter to the mail server, outside of every transaction; what fails is on record, without the address.

    Where there is no address the server is asked all the same: that it is away must not depend on the person.
    """
    try:
        if letter.address is None:
            mail.must_answer()
        else:
            mail.hand_over(uuid4(), letter.address, subject=text.subject, body=text.body)
    except Unsent as unsent:
        facts = {"proof": letter.proof.pk, "reasons": [f"mail: {unsent.cause}"]}
        append(event, environment_id=caller.environment_id, actor=caller.actor, facts=facts, outcome="failed")
        if event is events.SUBJECT_CODE_SENT and unsent.is_final:
            return  # the address is wrong: nobody learns here that there is one
        raise Unavailable("The e-mail did not leave.", remedy="Try again shortly.") from None


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
def _refusal_on_record(event: EventKind, caller: Caller) -> Iterator[dict[str, Any]]:
    """Put a refusal on record outside the transaction that it rolls back, with what was known by then."""
    fresh_standing_of(caller.environment_id)
    said: dict[str, Any] = {}
    try:
        yield said
    except Refused as refused:
        append(
            event,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts=said | {"reasons": list(refused.reasons)},
            outcome="refused",
            decision_id=refused.decision_id,
        )
        raise
