"""Passkeys of operators: enrolled, named and proved. `governance.factors.passkeys` checks what browsers answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from governance import events
from governance.actions.second_factors import fault_of_newcomer, may_add_factor
from governance.errors import Conflict, Invalid, NotFound
from governance.factors import passkeys
from governance.factors.passkeys import Held, Question
from governance.factors.proofs import PASSKEY, Proof, require_fresh_factor
from governance.factors.tries import count_try, forget_tries, record_factor, record_refused_try
from governance.models import Account

MOST_PASSKEYS = 10
LONGEST_NAME = 60
"""Characters."""


def ask_for_passkey(*, account_id: UUID) -> Question:
    """Return what a browser is asked, to make a passkey for the account."""
    return passkeys.ask_for_new(Account.objects.get(pk=account_id), known=_held_by(_rows(account_id)))


def enrol_passkey(
    *,
    account_id: UUID,
    name: str,
    answer: str,
    challenge: str,
    password: str,
    proved_at: datetime | None,
    now: datetime,
) -> Proof:
    """Take the passkey that a browser made for a challenge: from now on it proves the account, as it did now.

    The first factor takes the password, every other one a fresh factor.

    Raises:
        Invalid: the password is wrong, the name does not fit, or the answer proves nothing.
        FactorNeeded: there is a factor already, and it was not proved just now.
        Throttled: too many tries.
        Conflict: the passkey is somebody's already, or there are too many.
    """
    name = _fitting(name)
    may_add_factor(account_id=account_id, proved_at=proved_at, now=now)
    count_try(account_id, kind=PASSKEY)
    proof = None
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id, kind=Account.OPERATOR)
        fault = fault_of_newcomer(account, password=password, proved_at=proved_at, now=now)
        made = passkeys.read_new(answer, challenge=challenge)
        if fault is None and made is not None:
            row = _kept(account, name, made, challenge)
            record_factor(events.SECOND_FACTOR_ENROLLED, account_id, kind=PASSKEY)
            proof = Proof(timezone.now(), row.pk)
    if proof is None:
        record_refused_try(account_id, kind=PASSKEY)
        raise fault or _proves_nothing()
    forget_tries(account_id)
    return proof


def ask_passkey(*, account_id: UUID) -> Question | None:
    """Return what a browser is asked, to have one of the account's passkeys sign; None where it has none."""
    known = _held_by(_rows(account_id))
    return passkeys.ask_for_proof(known=known) if known else None


def prove_passkey(*, account_id: UUID, answer: str, challenge: str) -> Proof:
    """Take the signature of one of the operator's passkeys, once; success and refusal are on record.

    Nobody can guess one, so tries are not counted: wrong codes do not shut out who holds a passkey.

    Raises:
        Invalid: the answer proves nothing.
    """
    proof = None
    with transaction.atomic():
        rows = {row.data["credential_id"]: row for row in _rows(account_id).select_for_update()}
        known = _held_by([row for row in rows.values() if row.data["challenge"] != challenge])
        used = passkeys.read_proof(answer, challenge=challenge, known=known)
        if used is not None:
            row = rows[used.name]
            row.data.update(signatures=used.signatures, challenge=challenge)
            row.last_used_at = timezone.now()
            row.save(update_fields=["data", "last_used_at"])
            record_factor(events.SECOND_FACTOR_PROVED, account_id, kind=PASSKEY)
            proof = Proof(timezone.now(), row.pk)
    if proof is None:
        record_refused_try(account_id, kind=PASSKEY)
        raise _proves_nothing()
    return proof


def rename_passkey(
    *, account_id: UUID, authenticator: int, name: str, proved_at: datetime | None, now: datetime
) -> None:
    """Give a passkey of the operator's own another name.

    Raises:
        NotFound: they have no such passkey.
        Invalid: the name does not fit.
        FactorNeeded: no factor was proved just now.
    """
    name = _fitting(name)
    require_fresh_factor(account_id=account_id, proved_at=proved_at, now=now)
    with transaction.atomic():
        row = _rows(account_id).select_for_update().filter(pk=authenticator).first()
        if row is None:
            raise NotFound("You have no such passkey.")
        row.data["name"] = name
        row.save(update_fields=["data"])
        record_factor(events.SECOND_FACTOR_RENAMED, account_id, kind=PASSKEY)


def _rows(account_id: UUID) -> QuerySet[Authenticator]:
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=account_id, type=PASSKEY).order_by("pk")
    return rows


def _held_by(rows: Iterable[Authenticator]) -> list[Held]:
    return [passkeys.held(row.data["credential"], signatures=row.data["signatures"]) for row in rows]


def _kept(account: Account, name: str, made: Held, challenge: str) -> Authenticator:
    """Store a passkey, which must be nobody's yet: one never proves two people (WebAuthn level 2, 7.1, step 22)."""
    if Authenticator.objects.filter(type=PASSKEY, data__credential_id=made.name).exists():
        raise Conflict("This passkey is enrolled already.")
    if _rows(account.pk).count() >= MOST_PASSKEYS:
        raise Conflict(f"There are {MOST_PASSKEYS} passkeys already.", remedy="Remove one first.")
    data = {
        "name": name,
        "credential_id": made.name,
        "credential": made.text,
        "signatures": made.signatures,
        "challenge": challenge,
    }
    return Authenticator.objects.create(user=account, type=PASSKEY, data=data, last_used_at=timezone.now())


def _fitting(name: str) -> str:
    """Return a name that pages can show on one line."""
    name = " ".join(name.split()) or "Passkey"
    if len(name) > LONGEST_NAME or any(unicodedata.category(sign)[0] == "C" for sign in name):
        raise Invalid(f"A name has up to {LONGEST_NAME} characters, all of them visible.", field="name")
    return name


def _proves_nothing() -> Invalid:
    return Invalid("The passkey did not confirm that it is you.", field="passkey", remedy="Try again.")
