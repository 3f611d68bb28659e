"""Clients and their secrets."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from governance import events
from governance.actions.accounts import has_service_account, new_service_account
from governance.actions.change import configuration_change, containment
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Client, ClientSecret
from keyring.plain import Plain

_PREFIX = "sbs_"

LONGEST_NAME = 128


@draftable
def define_client(
    caller: Caller, *, name: str, kind: str = Client.SERVICE, description: str = "", client_id: UUID | None = None
) -> Client:
    """Define a service or job. It has no secret yet: `issue_secret` shows one once.

    Raises:
        Invalid: empty name or unknown kind.
        Conflict: the name is taken in this environment, or the id is taken.
    """
    name = _checked_name(name)
    if kind not in {Client.SERVICE, Client.JOB}:
        raise Invalid("A client is a service or a job.", field="kind", remedy="Use 'service' or 'job'.")
    with configuration_change(caller, events.CLIENT_DEFINED) as change:
        _refuse_taken_name(name)
        if client_id is not None and has_service_account(client_id=client_id):
            # Wherever it is: an id names one client of one environment, and nothing is told of which.
            raise Conflict("There is a client with this id.", existing_id=client_id, field="id")
        client_id = client_id or uuid4()
        client = Client.objects.create(
            environment_id=caller.environment_id,
            public_id=client_id,
            name=name,
            description=description,
            kind=kind,
            account=new_service_account(client_id=client_id),
        )
        change.facts.update(client=client.public_id, name=name, kind=kind)
    return client


@draftable
def change_client(caller: Caller, *, client_id: UUID, name: str, description: str, is_disabled: bool) -> Client:
    """Rename, describe, disable or enable a client; disabling acts on its next call. An empty name keeps it.

    Raises:
        Invalid: a name that is too long.
        Conflict: another client of this environment has the name.
    """
    with configuration_change(caller, events.CLIENT_CHANGED) as change:
        client = _client(client_id)
        name = _checked_name(name.strip() or client.name)
        if name != client.name:
            _refuse_taken_name(name)
        client.name, client.description = name, description
        if is_disabled != (client.disabled_at is not None):
            client.disabled_at = change.now if is_disabled else None
        client.save(update_fields=["name", "description", "disabled_at"])
        change.facts.update(client=client.public_id, name=client.name, disabled=is_disabled)
    return client


def new_secret() -> Plain[str]:
    """Make the text of a secret. It is good once `accept_secret` has its digest."""
    return Plain(_PREFIX + secrets.token_urlsafe(32))


def issue_secret(caller: Caller, *, client_id: UUID, overlap: timedelta | None = None) -> Plain[str]:
    """Issue a new secret, shown this once. Former ones end after the overlap, so that a rotation loses no call.

    Args:
        overlap: how long former secrets stay good; the default is `GOVERNANCE_SECRET_OVERLAP_HOURS`.
    """
    secret = new_secret()
    accept_secret(caller, client_id=client_id, overlap=overlap, **known_by(secret))
    return secret


class Kept(TypedDict):
    """What is kept of a secret: how it begins, and its digest in hexadecimal."""

    prefix: str
    digest: str


def known_by(secret: Plain[str]) -> Kept:
    """Return what is kept of a secret."""
    text = secret.reveal()
    return Kept(prefix=text[: len(_PREFIX) + 4], digest=digest_of(text).hex())


@draftable
def accept_secret(
    caller: Caller, *, client_id: UUID, prefix: str, digest: str, overlap: timedelta | None = None
) -> None:
    """Let a client call with a secret that only its maker has seen: a second person approves it without seeing it.

    Args:
        prefix: how the secret begins; enough to tell secrets apart.
        digest: its SHA-256 in hexadecimal.
        overlap: how long former secrets stay good, counted from now on.

    Raises:
        Invalid: prefix or digest cannot be those of a secret.
        Conflict: the secret is known already.
    """
    if not _is_prefix(prefix) or not _is_digest(digest):
        raise Invalid(
            "A secret begins with 'sbs_' and four more characters, and its SHA-256 has 64 hexadecimal digits.",
            field="digest",
        )
    overlap = timedelta(hours=settings.GOVERNANCE_SECRET_OVERLAP_HOURS) if overlap is None else overlap
    if not timedelta(0) <= overlap <= _LONGEST_OVERLAP:
        raise Invalid(f"Former secrets stay good for 0 to {_LONGEST_OVERLAP.days} days.", field="overlap")
    with configuration_change(caller, events.CLIENT_SECRET_ISSUED) as change:
        client = _client(client_id)
        if ClientSecret.objects.filter(digest=bytes.fromhex(digest)).exists():
            raise Conflict("This secret is known already.", field="digest")
        ends = change.now + overlap
        former = ClientSecret.objects.filter(client=client).filter(Q(expires_at=None) | Q(expires_at__gt=ends))
        ended = former.update(expires_at=ends)
        ClientSecret.objects.create(
            environment_id=caller.environment_id,
            client=client,
            prefix=prefix,
            digest=bytes.fromhex(digest),
            issued_by=caller.id,
            created_at=change.now,
        )
        change.facts.update(client=client.public_id, prefix=prefix, former_secrets_end=ends if ended else None)


_is_prefix = re.compile(r"sbs_[A-Za-z0-9_-]{4}").fullmatch
_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch
_LONGEST_OVERLAP = timedelta(days=30)


def withdraw_secret(caller: Caller, *, client_id: UUID, secret_pk: int) -> None:
    """End one secret now; in a protected environment as well, since a stolen secret waits for nobody."""
    with containment(caller, events.CLIENT_SECRET_WITHDRAWN) as change:
        secret = ClientSecret.objects.filter(client=_client(client_id), pk=secret_pk).first()
        if secret is None:
            raise NotFound("There is no such secret.", field="secret")
        secret.expires_at = change.now
        secret.save(update_fields=["expires_at"])
        change.facts.update(client=client_id, prefix=secret.prefix)


def secret_is_good(*, client: Client, text: str, now: datetime | None = None) -> bool:
    """Say whether a text is a live secret of a client. The digest of 256 random bits needs no slow hash."""
    now = now or timezone.now()
    return (
        ClientSecret.objects.filter(client=client, digest=digest_of(text))
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .exists()
    )


def digest_of(text: str) -> bytes:
    """SHA-256 of a secret, which is what the database keeps."""
    return hashlib.sha256(text.encode()).digest()


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"A client needs a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name


def _refuse_taken_name(name: str) -> None:
    existing = Client.objects.filter(name=name).first()
    if existing is not None:
        raise Conflict(f"There is a client named {name}.", existing_id=existing.public_id, field="name")


def _client(client_id: UUID) -> Client:
    client = Client.objects.select_for_update().filter(public_id=client_id).first()
    if client is None:
        raise NotFound("There is no such client in this environment.", field="client_id")
    return client
