"""Operators, and the service accounts behind clients."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.errors import Conflict, Invalid, NotFound
from governance.models import Account, Environment
from keyring.plain import Plain
from keyring.walls import SYSTEM_ENVIRONMENT

OFFICERS = "Privacy officers"


def define_operator(
    actor: Actor, *, username: str, password: str, groups: Sequence[str] = (), is_superuser: bool = False
) -> Account:
    """Define somebody who can sign in to the console with a password of their own.

    Raises:
        Invalid: the name is empty or the password too weak; the message says what to change.
        Conflict: the name is taken.
    """
    account = _new_operator(username, is_superuser=is_superuser)
    _set_password(account, password)
    return _defined(actor, account, groups)


def invite_operator(
    actor: Actor, *, username: str, groups: Sequence[str] = (), is_superuser: bool = False
) -> tuple[Account, Plain[str]]:
    """Define somebody by a one-time password, returned this once: it lets them in to choose one of their own.

    Raises:
        Invalid: the name is empty.
        Conflict: the name is taken.
    """
    account = _new_operator(username, is_superuser=is_superuser)
    password = _give_password(account)
    return _defined(actor, account, groups), password


def _new_operator(username: str, *, is_superuser: bool) -> Account:
    username = Account.normalize_username(username.strip())
    if not username:
        raise Invalid("An operator needs a user name.", field="username")
    if Account.objects.filter(username__iexact=username).exists():
        raise Conflict("That user name is taken.", field="username")
    return Account(username=username, kind=Account.OPERATOR, is_staff=True, is_superuser=is_superuser)


def _defined(actor: Actor, account: Account, groups: Sequence[str]) -> Account:
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
        Environment.objects.update(epoch=F("epoch") + 1)  # whom they let in, and what they were granted, ends with it
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
        Invalid: the former password is wrong, the new one is the same or too weak; the message says what to change.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id, kind=Account.OPERATOR)
        if not account.check_password(former):
            raise Invalid("The former password is not right.", field="former")
        if password == former:
            raise Invalid("Choose another password than the present one.", field="password")
        _set_password(account, password)
        account.save(update_fields=["password", "password_is_temporary"])
        append(events.PASSWORD_CHANGED, environment_id=SYSTEM_ENVIRONMENT, actor=actor, facts={"account": account.id})
    return account


def reset_password(actor: Actor, *, account_id: UUID) -> Plain[str]:
    """Give an operator a one-time password, returned this once; their sessions end with the former one.

    Raises:
        NotFound: there is no such operator.
        Invalid: it is one's own, which one changes knowing the former.
    """
    if actor.id == account_id:
        raise Invalid(
            "Your own password is changed on its own page, with the former one.", remedy="Open “Change password”."
        )
    with transaction.atomic():
        account = Account.objects.select_for_update().filter(pk=account_id, kind=Account.OPERATOR).first()
        if account is None:
            raise NotFound("There is no such operator.")
        password = _give_password(account)
        account.save(update_fields=["password", "password_is_temporary"])
        append(events.PASSWORD_RESET, environment_id=SYSTEM_ENVIRONMENT, actor=actor, facts={"account": account.id})
    return password


def _give_password(account: Account) -> Plain[str]:
    password = secrets.token_urlsafe(15)
    account.set_password(password)
    account.password_is_temporary = True
    return Plain(password)


def _set_password(account: Account, password: str) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    account.set_password(password)
    account.password_is_temporary = False


def has_service_account(*, client_id: UUID) -> bool:
    """Say whether a client of this id has an account, in whatever environment."""
    return Account.objects.filter(username=_service_name(client_id)).exists()


def new_service_account(*, client_id: UUID) -> Account:
    """Make the account that holds a client's rights; it has no password and never gets one."""
    account = Account(username=_service_name(client_id), kind=Account.SERVICE)
    account.set_unusable_password()
    account.save()
    return account


def _service_name(client_id: UUID) -> str:
    return f"client:{client_id}"
