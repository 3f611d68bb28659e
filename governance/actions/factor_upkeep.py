"""Keeping second factors in order: removed, replaced by recovery codes, reset by a superuser, forgotten offers."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.errors import Conflict, Invalid, NotFound
from governance.factors.authenticators import forget_sealed, forget_secrets_but
from governance.factors.enrolled import FACTORS, is_enrolled
from governance.factors.proofs import APP, RECOVERY, require_fresh_factor
from governance.factors.tries import record_factor
from governance.models import Account
from keyring.plain import Plain
from keyring.walls import SYSTEM_ENVIRONMENT

OFFER_HOURS = 24
"""For which an offered secret waits for its app; sessions take one for an hour."""
_SEALED_UNDER = {APP: "secret", RECOVERY: "seed"}
"""Where a row names what is sealed for it."""


def remove_factor(*, account_id: UUID, authenticator: int, proved_at: datetime | None, now: datetime) -> None:
    """Take away a factor of the operator's own; never the last one, so that no session undoes having any.

    Raises:
        FactorNeeded: no factor was proved just now.
        NotFound: they have no such factor.
        Conflict: it is the last.
    """
    require_fresh_factor(account_id=account_id, proved_at=proved_at, now=now)
    with transaction.atomic():
        _locked(account_id)
        rows = {row.pk: row for row in Authenticator.objects.filter(user_id=account_id, type__in=FACTORS)}
        if authenticator not in rows:
            raise NotFound("You have no such factor.")
        if len(rows) == 1:
            raise Conflict("This is your only second factor.", remedy="Add another one first.")
        _forget(rows[authenticator])
        record_factor(events.SECOND_FACTOR_REMOVED, account_id, kind=rows[authenticator].type)


def make_recovery_codes(*, account_id: UUID, proved_at: datetime | None, now: datetime) -> list[Plain[str]]:
    """Make codes that each stand in for a lost factor once; returned this once. Former ones are good no more.

    Raises:
        FactorNeeded: no factor was proved just now.
        Conflict: there is no factor that they could stand in for.
    """
    require_fresh_factor(account_id=account_id, proved_at=proved_at, now=now)
    with transaction.atomic():
        account = _locked(account_id)
        if not is_enrolled(account_id=account_id):
            raise Conflict("There is no second factor.", remedy="Set one up first.")
        for row in Authenticator.objects.filter(user_id=account_id, type=RECOVERY):
            _forget(row)
        codes = RecoveryCodes.activate(account).generate_codes()
        record_factor(events.RECOVERY_CODES_MADE, account_id, kind=RECOVERY)
    return [Plain("-".join(code[at : at + 4] for at in range(0, len(code), 4))) for code in codes]


def reset_second_factors(actor: Actor, *, account_id: UUID, proved_at: datetime | None, now: datetime) -> None:
    """Take all factors from an operator who has lost them; they are told at their next sign-in.

    Raises:
        FactorNeeded: the superuser who does it has not proved a factor just now.
        NotFound: there is no such operator.
        Invalid: they are one's own, which are removed one by one.
        Conflict: there are none.
    """
    if actor.id is None or actor.id == account_id:
        raise Invalid("Your own factors are removed on their own page.", remedy="Open “Second factor”.")
    require_fresh_factor(account_id=actor.id, proved_at=proved_at, now=now)
    clear_second_factors(actor, account_id=account_id, now=now)


def clear_second_factors(actor: Actor, *, account_id: UUID, now: datetime) -> None:
    """Do the same for somebody at the machine's shell, who needs no factor.

    Raises:
        NotFound: there is no such operator.
        Conflict: there are none.
    """
    with transaction.atomic():
        account = _locked(account_id)
        rows = list(Authenticator.objects.filter(user_id=account_id).order_by("pk"))
        if not rows:
            raise Conflict("There is no second factor.")
        for row in rows:
            _forget(row)
        account.factors_reset_at = now
        account.save(update_fields=["factors_reset_at"])
        append(
            events.SECOND_FACTORS_RESET,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"account": account_id, "factors": [row.type for row in rows]},
        )


def forget_offers(*, now: datetime) -> int:
    """Destroy the secrets that were offered to apps and never enrolled; return how many. Safe to repeat."""
    kept = {
        UUID(row.data[_SEALED_UNDER[row.type]]) for row in Authenticator.objects.filter(type__in=list(_SEALED_UNDER))
    }
    return forget_secrets_but(kept, before=now - timedelta(hours=OFFER_HOURS))


def _locked(account_id: UUID) -> Account:
    """Return the operator's account; whoever changes their factors waits for the other."""
    account = Account.objects.select_for_update().filter(pk=account_id, kind=Account.OPERATOR).first()
    if account is None:
        raise NotFound("There is no such operator.")
    return account


def _forget(row: Authenticator) -> None:
    """Delete a factor and destroy what is sealed for it."""
    if row.type in _SEALED_UNDER:
        forget_sealed(row.data[_SEALED_UNDER[row.type]])
    row.delete()
