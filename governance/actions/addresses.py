"""Where operators get their notices: an e-mail address, sealed, shown to nobody in full and named nowhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.errors import MessageError
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.actions.notices import ADDRESS_CHANGED, leave_notices
from governance.errors import Invalid, NotFound
from governance.factors.enrolled import is_enrolled
from governance.factors.proofs import require_fresh_factor
from governance.factors.tries import count_try, forget_tries, record_refused_try
from governance.identities import OPERATOR
from governance.models import Account, Environment, FormerAddress, Notice
from governance.notices import mail
from keyring.actions import ensure_environment_key, ensure_key
from keyring.keys import KeyKind
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

LONGEST_ADDRESS = 254
"""Characters of an address (RFC 5321, section 4.5.3.1.3, less the brackets)."""
MOST_TOLD_AN_HOUR = 5
"""Former addresses of one account: whoever changes theirs on and on would write to strangers."""


def set_address(actor: Actor, *, account_id: UUID, address: str) -> Account:
    """Have an operator's notices sent to an address; an empty one: to none. The former one is told.

    Raises:
        Invalid: it is no address of one person.
        NotFound: there is no such operator.
    """
    address = _checked(address)
    with transaction.atomic():
        account = Account.objects.select_for_update().filter(pk=account_id, kind=Account.OPERATOR).first()
        if account is None:
            raise NotFound("There is no such operator.")
        with in_environment(SYSTEM_ENVIRONMENT):
            if address:
                ensure_environment_key(environment_id=SYSTEM_ENVIRONMENT)
                ensure_key(environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.TEXT)
            former = account.email.reveal() if account.email is not None else ""
            account.email = address or None
            account.save(update_fields=["email"])
        append(
            events.ACCOUNT_ADDRESS_SET,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"account": account.id, "has_address": bool(address)},
        )
        if former not in ("", address):
            _tell_former(account, former)
    return account


def set_own_address(
    *, account_id: UUID, address: str, password: str, proved_at: datetime | None, now: datetime
) -> Account:
    """Have one's own notices sent elsewhere: a session alone could be somebody else's, who would hear them instead.

    It takes a fresh second factor, and of who has none the password.

    Raises:
        Invalid: it is no address, or the password is wrong.
        FactorNeeded: no factor was proved just now.
        Throttled: too many wrong passwords.
    """
    address = _checked(address)
    if is_enrolled(account_id=account_id):
        require_fresh_factor(account_id=account_id, proved_at=proved_at, now=now)
    else:
        _must_know_password(account_id, password)
    return set_address(Actor(OPERATOR, account_id), account_id=account_id, address=address)


def masked_address(account: Account) -> str:
    """Return an address so that its owner knows it again: its first letter and its domain; "" where there is none."""
    if account.email is None:
        return ""
    name, _, domain = account.email.reveal().rpartition("@")
    return f"{name[:1]}…@{domain}"


def _tell_former(account: Account, address: str) -> None:
    """Tell an address that notices go there no more: they may have been led away by somebody else.

    An account is of no environment, but messages leave from one: the oldest.
    """
    oldest, now = Environment.objects.order_by("created_at", "pk").first(), timezone.now()
    if oldest is None or not mail.is_configured():
        return
    with in_environment(oldest.pk):
        told = Notice.objects.filter(kind=ADDRESS_CHANGED, account=account, created_at__gt=now - timedelta(hours=1))
        if told.count() >= MOST_TOLD_AN_HOUR:
            return
    with in_environment(SYSTEM_ENVIRONMENT):
        former = FormerAddress.objects.create(account=account, email=address, created_at=now)
    with in_environment(oldest.pk):
        leave_notices([(ADDRESS_CHANGED, account.pk, former.pk)], environment_id=oldest.pk, now=now)


def _must_know_password(account_id: UUID, password: str) -> None:
    count_try(account_id, kind="password")
    if not Account.objects.get(pk=account_id).check_password(password):
        record_refused_try(account_id, kind="password")
        raise Invalid("The password is not right.", field="password")
    forget_tries(account_id)


def _checked(address: str) -> str:
    address = address.strip()
    if not address:
        return ""
    try:
        validate_email(address)
        is_plain = "=?" not in address and '"' not in address and sanitize_address(address, "ascii") == address
    except (ValidationError, ValueError, IndexError, MessageError):
        is_plain = False
    if not is_plain:  # an encoded word or a quoted name may hide what no message can be sent to
        raise Invalid("This is no e-mail address.", field="email", remedy="Such as lead@example.com.")
    if len(address) > LONGEST_ADDRESS or not address.isascii():
        raise Invalid("An e-mail address has up to 254 ASCII characters.", field="email")
    return address
