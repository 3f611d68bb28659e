"""Acting for a person who is on the phone: their own view of their record, opened by the code that they read back.

What opens is what the columns show to the person themself, through one accessor, to the one operator whose proof it is,
as long as that operator may ask for access there. The right that is used is `request`: nobody gets `read` by a proof,
and a denial of `read` stands against it. Consent, policy and freezes decide as in every read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F
from django.db.models.functions import Greatest

from audit.integrity.state import against
from governance.actions.stepping import SKEW
from governance.authorization import Clearance, authorize, refusal
from governance.identities import Caller
from governance.rights import effective_rights, latest_moment
from keyring.plain import Plain
from keyring.walls import in_environment
from userstore.models import SubjectProof
from userstore.models.accessors import NONE, PLAIN
from userstore.reading.admission import admit, call_facts
from userstore.reading.calls import AccessorCall
from userstore.reading.consent import keep_consented
from userstore.reading.opening import unseal
from userstore.reading.plan import AccessorPlan, ReadPlan, bound_read
from userstore.reading.regional import keep_regional
from userstore.reading.rows import OpenedSubject
from userstore.reading.selection import UPWARDS, select_sealed


def cleared_to_act(caller: Caller, plan: AccessorPlan, *, now: datetime, units: int = 1) -> Clearance:
    """Clear a call for a person who is on the phone, as far as it depends on the operator and not on the person.

    Raises:
        Refused: no right to ask for access here, a denial of reading, something frozen, or an accessor that finds
            people by anything but their ids.
    """
    standing, resource = plan.standing, plan.ask.resource
    ask = replace(plan.ask, operation="request", units=units)
    clearance = authorize(caller, ask, standing=standing, now=now)
    if waits := against({"read"}, now=now):
        raise refusal(waits)
    reading = effective_rights(standing=standing, caller=caller, operation="read", resource=resource, now=now)
    if reading.is_reserved:
        raise refusal(f"reserved: read on this {resource.kind} is for programs alone")
    if reading.denied_by:
        raise refusal(f"right: {reading.denied_by} denies read")
    if not plan.selects_by_id:
        raise refusal("proof: the accessor finds people by more than their ids")
    return clearance


def must_be_proved(proof_id: UUID, subject_id: UUID, clearance: Clearance, *, now: datetime) -> SubjectProof:
    """Return the proof that opens this person's record to the caller now; must run inside the environment.

    Raises:
        Refused: there is none of theirs, for this person, accessor and moment.
    """
    proofs = SubjectProof.objects.select_related("subject", "accessor", "purpose")
    proof = proofs.filter(pk=proof_id, account=clearance.caller.account_id).first()
    if proof is None:
        raise refusal("proof: none of theirs")
    about = (proof.subject.public_id, proof.accessor.public_id)
    if about != (subject_id, clearance.ask.resource.public_id):
        raise refusal("proof: for another person or accessor")
    if proof.proved_at is None:
        raise refusal("proof: the code was not read back")
    moment = proof.moment(latest_moment(clearance.standing, now))
    if not proof.is_living(moment):
        raise refusal("proof: over")
    if moment - now > SKEW:
        raise refusal("proof: the clock is behind what has been seen before")
    if not proof.is_open(moment):
        raise refusal("proof: the person has not been told")
    return proof


def count_demand(proof: SubjectProof, *, now: datetime) -> None:
    """Count what is demanded by a proof, and hold it until this is over; must run inside the environment.

    Raises:
        Refused: it was ended meanwhile.
    """
    living = SubjectProof.objects.filter(pk=proof.pk, ended_at=None)
    if not living.update(reads=F("reads") + 1, latest_at=Greatest("latest_at", now)):
        raise refusal("proof: over")


def note_moment(caller: Caller, proof_id: UUID, *, now: datetime) -> None:
    """Remember when a proof of this operator was looked at in vain: what was over by then stays over."""
    with in_environment(caller.environment_id):
        own = SubjectProof.objects.filter(pk=proof_id, account=caller.account_id)
        own.update(latest_at=Greatest("latest_at", now))


def person_to_tell(
    call: AccessorCall, subject_id: UUID, plan: AccessorPlan, clearance: Clearance, *, now: datetime
) -> Plain[str] | None:
    """Open the one address that a person's codes go to; None where there is none that may be used for this.

    It is read as every value is, for the accessor's purposes and under its policy, and it is for the server alone.

    Raises:
        EpochMoved: the environment changed since the clearance.
    """
    contact = plan.contact
    if contact is None:
        return None
    read = replace(bound_read(_of_contact(plan), call), within=frozenset({subject_id}))
    opened = _opened(call, read, clearance, now=now)
    texts = [text for each in opened for text in each.values.get(contact.column.pk, [])]
    return Plain(texts[0]) if len(texts) == 1 and _is_address(texts[0]) else None


def _of_contact(plan: AccessorPlan) -> AccessorPlan:
    """The plan of the address alone; who is withheld from their own view is withheld here."""
    own = plan.for_oneself()
    contact = plan.contact
    names = {contact.column.name} if contact else set()
    levels = tuple(PLAIN if output.column.name in names else NONE for output in plan.outputs)
    return plan.at_levels(levels).only(names, beside=own.output_pks)


def _opened(call: AccessorCall, read: ReadPlan, clearance: Clearance, *, now: datetime) -> list[OpenedSubject]:
    accessor = read.accessor
    facts = call_facts(clearance, call.context, action="Execute", purposes=accessor.purpose_names, now=now)
    sealed, _ = select_sealed(read, clearance, UPWARDS, limit=1, now=now)
    permitted = keep_consented(keep_regional(sealed, read, clearance), accessor.purpose_numbers, now=now)
    strict = [each for each in permitted if not (accessor.is_strict and accessor.decisive_pks & set(each.withheld))]
    # Whoever is withheld is decided about all the same, without their values: how long that takes tells nobody of it.
    decided = strict or [each.only(()) for each in permitted]
    admitted = admit(unseal(decided, accessor.definitions, clearance), accessor.policy, facts, accessor.seen).subjects
    return admitted if strict else []


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
