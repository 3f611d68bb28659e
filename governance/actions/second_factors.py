"""Second factors of operators: one-time codes of an app (TOTP, RFC 6238), and recovery codes, enrolled and proved.

allauth makes the codes and keeps the authenticators. A code is good once: the row remembers the last time step that was
used, and neither that step nor an earlier one is taken again (RFC 6238, section 5.2).
"""

from __future__ import annotations

import re
from datetime import datetime
from hmac import compare_digest
from uuid import UUID

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import transaction
from django.utils import timezone

from governance import events
from governance.errors import Conflict, Invalid
from governance.factors.enrolled import has_app, is_enrolled
from governance.factors.proofs import APP, RECOVERY, Proof, is_fresh, require_fresh_factor
from governance.factors.tries import count_try, forget_tries, record_factor, record_refused_try
from governance.models import Account
from keyring.plain import Plain

_CODE, _RECOVERY_CODE = re.compile(r"[0-9]{6}"), re.compile(r"[0-9]{12}")
_BETWEEN = re.compile(r"[\s-]")
"""What people write between the digits of a code."""


def offer_totp(*, account_id: UUID) -> str:
    """Make a secret for an app to keep, and return the id under which it is sealed; it counts once it is enrolled."""
    with transaction.atomic():
        sealed: str = get_adapter().encrypt(generate_totp_secret())
        record_factor(events.SECOND_FACTOR_OFFERED, account_id, kind=APP)
    return sealed


def shown_offer(*, account_id: UUID, sealed: str) -> tuple[Plain[str], Plain[str]]:
    """Return the secret for typing, and the QR code (SVG) for an app's camera.

    Raises:
        Unsealable: the offer was forgotten meanwhile.
    """
    adapter = get_adapter()
    secret = adapter.decrypt(sealed)
    drawing = adapter.build_totp_svg(adapter.build_totp_url(Account.objects.get(pk=account_id), secret))
    return Plain(secret), Plain(drawing[drawing.index("<svg") :])  # a page takes no XML declaration inside


def enrol_totp(
    *, account_id: UUID, sealed: str, code: str, password: str, proved_at: datetime | None, now: datetime
) -> Proof:
    """Take an offer: from now on the app that holds its secret proves the account, as it did now.

    The first factor takes the password, every other one a fresh factor.

    Raises:
        Invalid: the password is wrong, or the code is not what the app shows now.
        FactorNeeded: there is a factor already, and it was not proved just now.
        Throttled: too many tries.
        Conflict: there is an app already.
    """
    may_add_factor(account_id=account_id, proved_at=proved_at, now=now)
    count_try(account_id, kind=APP)
    fault, proof = None, None
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id, kind=Account.OPERATOR)
        if has_app(account_id=account_id):
            raise Conflict("There is an authenticator app already.", remedy="Remove it first.")
        step = _step_of(sealed, code, after=-1)
        fault = fault_of_newcomer(account, password=password, proved_at=proved_at, now=now) or _fault_of(step)
        if fault is None:
            data = {"secret": sealed, "step": step}
            row = Authenticator.objects.create(user=account, type=APP, data=data, last_used_at=timezone.now())
            record_factor(events.SECOND_FACTOR_ENROLLED, account_id, kind=APP)
            proof = Proof(timezone.now(), row.pk)
    if proof is None:
        record_refused_try(account_id, kind=APP)
        raise fault or _wrong_code()
    forget_tries(account_id)
    return proof


def may_add_factor(*, account_id: UUID, proved_at: datetime | None, now: datetime) -> None:
    """Let an operator enrol a factor: their first, or one more after proving one they have.

    Raises:
        FactorNeeded: they have one, and it was not proved just now.
    """
    if is_enrolled(account_id=account_id):
        require_fresh_factor(account_id=account_id, proved_at=proved_at, now=now)


def fault_of_newcomer(account: Account, *, password: str, proved_at: datetime | None, now: datetime) -> Invalid | None:
    """Say what keeps an account, whose row is locked, from enrolling a factor; a session alone enrols none."""
    if is_enrolled(account_id=account.pk):
        return None if is_fresh(proved_at, now=now) else Invalid("A second factor was enrolled meanwhile.")
    return None if account.check_password(password) else Invalid("The password is not right.", field="password")


def prove_second_factor(*, account_id: UUID, code: str) -> Proof:
    """Take a code of the operator's app, or a recovery code, once; success and refusal are on record.

    Raises:
        Invalid: there is no such factor, or the code is wrong, too old or used before.
        Throttled: too many tries.
        LimitUnknown: nobody can say how many tries there were.
    """
    typed = _BETWEEN.sub("", code)
    kind = RECOVERY if _RECOVERY_CODE.fullmatch(typed) else APP
    count_try(account_id, kind=kind)
    with transaction.atomic():
        factor = Authenticator.objects.select_for_update().filter(user_id=account_id, type=kind).first()
        is_right = factor is not None and (_takes_code if kind == APP else _takes_recovery_code)(factor, typed)
        if factor is not None and is_right:
            factor.last_used_at = timezone.now()
            factor.save(update_fields=["data", "last_used_at"])
            record_factor(events.SECOND_FACTOR_PROVED, account_id, kind=kind)
    if factor is None or not is_right:
        record_refused_try(account_id, kind=kind)
        raise _wrong_code()
    forget_tries(account_id)
    return Proof(timezone.now(), factor.pk)


def _takes_code(factor: Authenticator, code: str) -> bool:
    """Use up the time step whose code this is."""
    step = _step_of(factor.data["secret"], code, after=factor.data["step"])
    if step is not None:
        factor.data["step"] = step
    return step is not None


def _takes_recovery_code(factor: Authenticator, code: str) -> bool:
    """Use up a recovery code."""
    codes = RecoveryCodes(factor)
    is_right: bool = codes.validate_code(code)
    factor.data = codes.instance.data  # it reads the row anew
    return is_right


def _step_of(sealed: str, code: str, *, after: int) -> int | None:
    """Return the time step whose code this is, of those near now that lie after the last one used."""
    typed = _BETWEEN.sub("", code)
    if _CODE.fullmatch(typed) is None:
        return None
    secret = get_adapter().decrypt(sealed)
    near = [step for step in yield_hotp_counters_from_time() if step > after]
    return next((s for s in near if compare_digest(format_hotp_value(hotp_value(secret, s)), typed)), None)


def _fault_of(step: int | None) -> Invalid | None:
    return _wrong_code() if step is None else None


def _wrong_code() -> Invalid:
    return Invalid("This code is not right, too old or was used before.", field="code", remedy="Wait for the next one.")
