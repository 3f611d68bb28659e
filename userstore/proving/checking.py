"""What has to hold before a code is sent, and before one that was read back opens anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from governance.authorization import refusal
from governance.breakglass.guards import FRESH_FACTOR
from governance.breakglass.terms import terms_of
from governance.errors import Refused, Unavailable
from governance.notices import mail
from governance.standing import StandingPurpose
from keyring.fingerprints import fingerprint
from userstore.errors import Invalid
from userstore.models import SubjectProof
from userstore.models.proofs import MOST_TRIES
from userstore.reading.plan import AccessorPlan


def must_be_set_up(plan: AccessorPlan, purpose: UUID) -> StandingPurpose:
    """Return the purpose that is meant, where codes are sent through this accessor; else say what is missing."""
    found = next((each for each in plan.purposes if each.public_id == purpose), None)
    if found is None:
        raise Invalid("The accessor is not for this purpose.", field="purpose")
    if plan.contact is None or not plan.for_oneself().outputs:
        raise Invalid(
            "Nobody can be proved to be on the phone here.",
            field="accessor",
            remedy="An officer says on the accessor's page Visibility which column takes codes, and what is shown.",
        )
    if not mail.is_configured():
        raise Unavailable("No e-mail leaves this server.", remedy="An operator of the server sets SEALBOOK_MAIL_URL.")
    return found


def must_be_open(proof: SubjectProof, now: datetime) -> None:
    """Return where a code can still be read back."""
    if proof.proved_at is not None:
        raise failed("proof: the code was used before", "This code was used before.", "Send a new one.")
    if proof.tries >= MOST_TRIES:
        raise failed("proof: too many wrong codes", "Too many wrong codes.", "Send a new one.")
    if not proof.is_living(now):
        raise failed("proof: over", "This code is over.", "Send a new one.")


def must_be_fresh(proof: SubjectProof, factor_at: datetime | None, now: datetime) -> None:
    """Return where the operator proved a second factor as lately as the access rules ask for."""
    within = terms_of(proof.accessor.public_id).factor_within
    if within is None or (factor_at is not None and timedelta(0) <= now - factor_at <= within):
        return
    raise failed(f"guard: {FRESH_FACTOR.name}", FRESH_FACTOR.says, FRESH_FACTOR.remedy)


def image(proof: SubjectProof, code: str) -> str:
    """Return what is kept of a code: keyed, and of one proof alone."""
    return fingerprint(proof.environment_id, "code on the phone", f"{proof.pk}:{code}".encode())


def failed(reason: str, says: str, remedy: str) -> Refused:
    """Make a refusal that says what is wrong and what helps."""
    made = refusal(reason, remedy=remedy)
    return Refused(says, decision_id=made.decision_id, reasons=made.reasons, remedy=remedy)
