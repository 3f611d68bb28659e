"""Keeping, renewing and retiring the secrets of scripts."""

from __future__ import annotations

from uuid import UUID, uuid4

from governance import events
from governance.actions.change import Change, configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import refuse_existing
from governance.drafts.draftable import draftable
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import PolicySecret
from keyring.actions import create_sealed_secret, destroy_key
from keyring.keys import KeyKind

LONGEST_SECRET = 16 * 1024
"""Bytes; a private key in PEM form fits."""
SCOPE = "policy secret"


@draftable
def keep_secret(caller: Caller, *, name: str, value: str, public_id: UUID | None = None) -> PolicySecret:
    """Keep a secret for the scripts of the caller's environment; from now on only they see its value.

    Raises:
        Invalid: a bad name, or a value that is empty or too long.
        Conflict: name or id is taken; never identical, since a value is not compared.
    """
    name = checked_name(name, what="secret")
    _check_value(value)
    with configuration_change(caller, events.SECRET_KEPT) as change:
        refuse_existing(PolicySecret, name=name, public_id=public_id, is_same=lambda _: False)
        secret = PolicySecret.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            sealed_id=_sealed(caller, value),
        )
        _describe(change, secret)
    return secret


@draftable
def renew_secret(caller: Caller, *, public_id: UUID, value: str) -> PolicySecret:
    """Give a secret another value; the former one is destroyed with this change.

    Raises:
        Invalid: a value that is empty or too long.
        NotFound: there is no such secret.
    """
    _check_value(value)
    with configuration_change(caller, events.SECRET_KEPT) as change:
        secret = _secret(public_id)
        former, secret.sealed_id = secret.sealed_id, _sealed(caller, value)
        secret.save(update_fields=["sealed_id"])
        destroy_key(environment_id=caller.environment_id, key_id=former)
        _describe(change, secret)
    return secret


@draftable
def retire_secret(caller: Caller, *, public_id: UUID) -> None:
    """Destroy a secret; a script that asks for it fails, and so refuses.

    Raises:
        NotFound: there is no such secret.
    """
    with configuration_change(caller, events.SECRET_RETIRED) as change:
        secret = _secret(public_id)
        _describe(change, secret)
        destroy_key(environment_id=caller.environment_id, key_id=secret.sealed_id)
        secret.delete()


def _check_value(value: str) -> None:
    if not value or len(value.encode()) > LONGEST_SECRET:
        raise Invalid(f"A secret has 1 to {LONGEST_SECRET} bytes.", field="value")


def _sealed(caller: Caller, value: str) -> UUID:
    return create_sealed_secret(
        environment_id=caller.environment_id, kind=KeyKind.SECRET, scope=SCOPE, secret=value.encode()
    )


def _secret(public_id: UUID) -> PolicySecret:
    secret = PolicySecret.objects.select_for_update().filter(public_id=public_id).first()
    if secret is None:
        raise NotFound("There is no such secret.", field="id")
    return secret


def _describe(change: Change, secret: PolicySecret) -> None:
    change.facts.update(secret=secret.public_id, name=secret.name)
