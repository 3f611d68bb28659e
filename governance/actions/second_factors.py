"""Second factors of operators: one-time codes of an app (TOTP, RFC 6238), enrolled and proved.

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
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.db import transaction
from django.utils import timezone

from audit.actors import Actor
from audit.events import EventKind
from audit.recorder import append
from governance import counting, events
from governance.errors import Conflict, Invalid, Throttled
from governance.identities import OPERATOR
from governance.models import Account
from keyring.plain import Plain
from keyring.walls import SYSTEM_ENVIRONMENT

TRIES = 5
WINDOW_MINUTES = 15
"""So many wrong codes or passwords within so long; then even the right one is refused."""
TOTP = "totp"
_CODE = re.compile(r"[0-9]{6}")


def is_enrolled(*, account_id: UUID) -> bool:
    """Say whether an operator has a second factor."""
    found: bool = Authenticator.objects.filter(user_id=account_id, type=TOTP).exists()
    return found


def offer_totp(*, account_id: UUID) -> str:
    """Make a secret for an app to keep, and return the id under which it is sealed; it counts once it is enrolled."""
    with transaction.atomic():
        sealed: str = get_adapter().encrypt(generate_totp_secret())
        _record(events.SECOND_FACTOR_OFFERED, account_id)
    return sealed


def shown_offer(*, account_id: UUID, sealed: str) -> tuple[Plain[str], Plain[str]]:
    """Return the secret for typing, and the QR code (SVG) for an app's camera."""
    adapter = get_adapter()
    secret = adapter.decrypt(sealed)
    drawing = adapter.build_totp_svg(adapter.build_totp_url(Account.objects.get(pk=account_id), secret))
    return Plain(secret), Plain(drawing[drawing.index("<svg") :])  # a page takes no XML declaration inside


def enrol_totp(*, account_id: UUID, sealed: str, password: str, code: str) -> datetime:
    """Take an offer: from now on the app that holds its secret proves the account. Return when it did so first.

    Raises:
        Invalid: the password is wrong, or the code is not what the app shows now.
        Throttled: too many tries.
        Conflict: there is a second factor already.
    """
    _count_try(account_id)
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id, kind=Account.OPERATOR)
        if is_enrolled(account_id=account_id):
            raise Conflict("There is a second factor already.")
        step = _step_of(sealed, code, after=-1)
        fault = _fault(knows_password=account.check_password(password), step=step)
        if fault is None:
            data = {"secret": sealed, "step": step}
            Authenticator.objects.create(user=account, type=TOTP, data=data, last_used_at=timezone.now())
            _record(events.SECOND_FACTOR_ENROLLED, account_id)
    if fault is not None:
        _refuse(account_id)
        raise fault
    counting.forget(*_tries_of(account_id))
    return timezone.now()


def prove_second_factor(*, account_id: UUID, code: str) -> datetime:
    """Take a code of the operator's app, once, and return when; success and refusal are on record.

    Raises:
        Invalid: there is no second factor, or the code is wrong, too old or used before.
        Throttled: too many tries.
        LimitUnknown: nobody can say how many tries there were.
    """
    _count_try(account_id)
    with transaction.atomic():
        factor = Authenticator.objects.select_for_update().filter(user_id=account_id, type=TOTP).first()
        step = None if factor is None else _step_of(factor.data["secret"], code, after=factor.data["step"])
        if factor is not None and step is not None:
            factor.data["step"] = step
            factor.last_used_at = timezone.now()
            factor.save(update_fields=["data", "last_used_at"])
            _record(events.SECOND_FACTOR_PROVED, account_id)
    if step is None:
        _refuse(account_id)
        raise _wrong_code()
    counting.forget(*_tries_of(account_id))
    return timezone.now()


def _step_of(sealed: str, code: str, *, after: int) -> int | None:
    """Return the time step whose code this is, of those near now that lie after the last one used."""
    typed = re.sub(r"\s", "", code)
    if _CODE.fullmatch(typed) is None:
        return None
    secret = get_adapter().decrypt(sealed)
    near = [step for step in yield_hotp_counters_from_time() if step > after]
    return next((s for s in near if compare_digest(format_hotp_value(hotp_value(secret, s)), typed)), None)


def _fault(*, knows_password: bool, step: int | None) -> Invalid | None:
    if not knows_password:
        return Invalid("The password is not right.", field="password")
    return None if step is not None else _wrong_code()


def _wrong_code() -> Invalid:
    return Invalid("This code is not right, too old or was used before.", field="code", remedy="Wait for the next one.")


def _tries_of(account_id: UUID) -> tuple[object, ...]:
    return ("second factor", account_id)


def _count_try(account_id: UUID) -> None:
    """Count before looking, so that tries at the same time do not share one."""
    minute = int(timezone.now().timestamp()) // 60
    name, seconds = _tries_of(account_id), WINDOW_MINUTES * 60
    if not counting.spend(*name, bucket=minute, buckets=WINDOW_MINUTES, allowance=TRIES, seconds=seconds):
        _refuse(account_id, throttled=True)
        raise Throttled("Too many tries.", remedy=f"Try again in {WINDOW_MINUTES} minutes.")


def _record(event: EventKind, account_id: UUID) -> None:
    facts = {"account": account_id, "factor": TOTP}
    append(event, environment_id=SYSTEM_ENVIRONMENT, actor=Actor(OPERATOR, account_id), facts=facts)


def _refuse(account_id: UUID, *, throttled: bool = False) -> None:
    append(
        events.SECOND_FACTOR_REFUSED,
        environment_id=SYSTEM_ENVIRONMENT,
        actor=Actor(OPERATOR, account_id),
        facts={"account": account_id, "factor": TOTP, "throttled": throttled},
        outcome="refused",
    )
