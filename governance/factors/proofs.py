"""A proof of a second factor, and for how long it says that a person is still there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.errors import FactorNeeded
from governance.identities import OPERATOR
from keyring.walls import SYSTEM_ENVIRONMENT, current_environment

APP, PASSKEY, RECOVERY = "totp", "webauthn", "recovery_codes"
"""Kinds of authenticators, under allauth's names for them."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An operator has proved a second factor.

    Args:
        at: when.
        authenticator: the row that says what proved it; a proof ends with it.
    """

    at: datetime
    authenticator: int


def is_fresh(proved_at: datetime | None, *, now: datetime) -> bool:
    """Say whether somebody who proved a factor then is taken to be there still; a moment to come proves nothing."""
    longest = timedelta(minutes=settings.GOVERNANCE_FACTOR_MINUTES)
    return proved_at is not None and timedelta(0) <= now - proved_at <= longest


def require_fresh_factor(*, account_id: UUID, proved_at: datetime | None, now: datetime) -> None:
    """Let an operator pass who has just proved a second factor. Called outside what its refusal would roll back.

    Raises:
        FactorNeeded: they have not, or too long ago; the refusal is on record. Pages lead them to where they can.
    """
    if is_fresh(proved_at, now=now):
        return
    reason = "factor: none was proved in this session" if proved_at is None else "factor: not proved just now"
    decision_id = uuid4()
    append(
        events.SECOND_FACTOR_MISSED,
        environment_id=current_environment() or SYSTEM_ENVIRONMENT,  # pages of the console work inside one
        actor=Actor(OPERATOR, account_id),
        facts={"account": account_id, "reasons": [reason]},
        outcome="refused",
        decision_id=decision_id,
    )
    raise FactorNeeded(
        "A fresh second factor is needed.",
        decision_id=decision_id,
        reasons=(reason,),
        remedy="Confirm that it is you, then do it again.",
    )
