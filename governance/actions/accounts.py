"""Operators, and the service accounts behind clients."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.errors import Conflict, Invalid
from governance.models import Account
from keyring.walls import SYSTEM_ENVIRONMENT

OFFICERS = "Privacy officers"


def define_operator(
    actor: Actor, *, username: str, password: str, groups: Sequence[str] = (), is_superuser: bool = False
) -> Account:
    """Define somebody who can log in to the console.

    Raises:
        Invalid: the name is empty or the password too weak; the message says what to change.
        Conflict: the name is taken.
    """
    username = Account.normalize_username(username.strip())
    if not username:
        raise Invalid("An operator needs a user name.", field="username")
    if Account.objects.filter(username__iexact=username).exists():
        raise Conflict("That user name is taken.", field="username")
    account = Account(username=username, kind=Account.OPERATOR, is_staff=True, is_superuser=is_superuser)
    _set_password(account, password)
    with transaction.atomic():
        account.save()
        account.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
        append(
            events.ACCOUNT_DEFINED,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"account": account.id, "kind": account.kind, "groups": list(groups)},
        )
    return account


def change_operator(actor: Actor, *, account_id: UUID, is_active: bool, groups: Sequence[str]) -> Account:
    """Let an operator in or out, and say which groups they are in."""
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id, kind=Account.OPERATOR)
        account.is_active = is_active
        account.save(update_fields=["is_active"])
        account.groups.set(Group.objects.filter(name__in=groups))
        append(
            events.ACCOUNT_CHANGED,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"account": account.id, "active": is_active, "groups": list(groups)},
        )
    return account


def change_password(actor: Actor, *, account_id: UUID, former: str, password: str) -> Account:
    """Let operators change their own password.

    Raises:
        Invalid: the former password is wrong, or the new one too weak; the message says what to change.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id, kind=Account.OPERATOR)
        if not account.check_password(former):
            raise Invalid("The former password is not right.", field="former")
        _set_password(account, password)
        account.save(update_fields=["password"])
        append(events.PASSWORD_CHANGED, environment_id=SYSTEM_ENVIRONMENT, actor=actor, facts={"account": account.id})
    return account


def _set_password(account: Account, password: str) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    account.set_password(password)


def new_service_account(*, client_id: UUID) -> Account:
    """Make the account that holds a client's rights; it has no password and never gets one."""
    account = Account(username=f"client:{client_id}", kind=Account.SERVICE)
    account.set_unusable_password()
    account.save()
    return account
