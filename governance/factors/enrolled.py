"""What an operator has enrolled, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings

from governance.factors.proofs import APP, PASSKEY, RECOVERY

FACTORS = (APP, PASSKEY)
"""What makes somebody enrolled; recovery codes only stand in for one of these."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One authenticator of an operator."""

    id: int
    kind: str
    name: str
    added: datetime
    used: datetime | None


def is_enrolled(*, account_id: UUID) -> bool:
    """Say whether an operator has a second factor."""
    found: bool = Authenticator.objects.filter(user_id=account_id, type__in=FACTORS).exists()
    return found


def has_app(*, account_id: UUID) -> bool:
    """Say whether an operator has an authenticator app; there is one at most."""
    found: bool = Authenticator.objects.filter(user_id=account_id, type=APP).exists()
    return found


def factors_of(*, account_id: UUID) -> list[Factor]:
    """Return the factors of an operator in the order of their enrolment, without recovery codes."""
    rows = Authenticator.objects.filter(user_id=account_id, type__in=FACTORS).order_by("created_at", "pk")
    return [
        Factor(row.pk, row.type, row.data.get("name", "Authenticator app"), row.created_at, row.last_used_at)
        for row in rows
    ]


def recovery_codes_left(*, account_id: UUID) -> int | None:
    """Return how many recovery codes are still good; None where none were ever made."""
    row = Authenticator.objects.filter(user_id=account_id, type=RECOVERY).first()
    return None if row is None else settings.MFA_RECOVERY_CODE_COUNT - int(row.data["used_mask"]).bit_count()
