"""Defining, changing, trying and retiring webhooks, and renewing what signs their messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from audit.recorder import append
from governance import counting, events
from governance.actions.change import Change, clearance_for, configuration_change, refusal_on_record
from governance.actions.deliveries import keys_of
from governance.actions.names import checked_name
from governance.actions.publishing import refuse_existing, refuse_taken_name
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound, TooOften
from governance.identities import Caller
from governance.models import Environment, Webhook, WebhookSecret
from governance.notices.posting import checked_address, host_of, must_be_taken, post
from governance.notices.signing import LONGEST, SHORTEST, key_in, new_webhook_secret
from governance.notices.unsent import Unsent
from governance.notices.wording import FOR_WEBHOOKS
from keyring.actions import create_sealed_secret, destroy_key
from keyring.keys import KeyKind
from keyring.plain import Plain
from keyring.walls import in_environment

SCOPE = "webhook secret"
_LONGEST_OVERLAP = timedelta(days=30)
MOST_WEBHOOKS = 20
"""Of an environment: everything that happens becomes a message to each."""
TRIES_A_MINUTE = 10
"""Of all the webhooks of an environment together: a try keeps a server waiting for its receiver."""


@draftable
def define_webhook(
    caller: Caller,
    *,
    name: str,
    url: str,
    kinds: Sequence[str] = (),
    description: str = "",
    public_id: UUID | None = None,
) -> Webhook:
    """Have the environment's notices posted to another system. Nothing leaves until it has a secret to sign with.

    Args:
        kinds: the kinds of notices that go there; none: every one.

    Raises:
        Invalid: a bad name, address or kind; names the field.
        Conflict: name or id is taken, or there are too many already.
    """
    name, url, kinds = checked_name(name, what="webhook"), checked_address(url), _checked_kinds(kinds)
    with configuration_change(caller, events.WEBHOOK_DEFINED) as change:
        refuse_existing(Webhook, name=name, public_id=public_id, is_same=lambda _: False)
        if Webhook.objects.count() >= MOST_WEBHOOKS:
            raise Conflict(f"An environment has up to {MOST_WEBHOOKS} webhooks.", remedy="Retire one first.")
        webhook = Webhook.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            url=url,
            kinds=list(kinds),
            description=description,
        )
        _describe(change, webhook)
    return webhook


@draftable
def change_webhook(
    caller: Caller, *, public_id: UUID, name: str, url: str, kinds: Sequence[str] = (), description: str = ""
) -> Webhook:
    """Change a webhook; what waits to be sent goes to its new address. Raises as `define_webhook`, and `NotFound`."""
    name, url, kinds = checked_name(name, what="webhook"), checked_address(url), _checked_kinds(kinds)
    with configuration_change(caller, events.WEBHOOK_CHANGED) as change:
        webhook = _webhook(public_id)
        refuse_taken_name(Webhook, name=name, public_id=public_id)
        webhook.name, webhook.url, webhook.kinds, webhook.description = name, url, list(kinds), description
        webhook.save(update_fields=["name", "url", "kinds", "description"])
        _describe(change, webhook)
    return webhook


def issue_webhook_secret(caller: Caller, *, public_id: UUID, overlap: timedelta | None = None) -> Plain[str]:
    """Make a secret, shown this once, and sign with it from now on. Raises as `accept_webhook_secret`."""
    secret = new_webhook_secret()
    accept_webhook_secret(caller, public_id=public_id, secret=secret.reveal(), overlap=overlap)
    return secret


@draftable
def accept_webhook_secret(caller: Caller, *, public_id: UUID, secret: str, overlap: timedelta | None = None) -> Webhook:
    """Sign with a secret; for the overlap a former one signs as well, so that its receiver loses nothing.

    Args:
        secret: `whsec_` and a key in base64; sealed at once, and shown to nobody who approves it.
        overlap: the default is `GOVERNANCE_SECRET_OVERLAP_HOURS`.

    Raises:
        Invalid: a bad secret or overlap.
        NotFound: there is no such webhook.
    """
    _check_secret(secret)
    overlap = timedelta(hours=settings.GOVERNANCE_SECRET_OVERLAP_HOURS) if overlap is None else overlap
    if not timedelta(0) <= overlap <= _LONGEST_OVERLAP:
        raise Invalid(f"A former secret signs for 0 to {_LONGEST_OVERLAP.days} days more.", field="overlap")
    with configuration_change(caller, events.WEBHOOK_SECRET_KEPT) as change:
        webhook = _webhook(public_id)
        ends = change.now + overlap
        # Those that were going out already go now: two sign at most.
        _destroy_secrets(webhook, list(webhook.secrets.exclude(expires_at=None)))
        is_renewed = bool(webhook.secrets.update(expires_at=ends))
        _keep_secret(webhook, secret, change)
        former = {"former_secret_ends": ends} if is_renewed else {}
        change.facts.update(webhook=webhook.public_id, name=webhook.name, **former)
    return webhook


@draftable
def retire_webhook(caller: Caller, *, public_id: UUID) -> None:
    """Post nothing there any more, and forget what waited to be sent; its secrets are destroyed.

    Raises:
        Conflict: a feed of the book goes there.
        NotFound: there is no such webhook.
    """
    with configuration_change(caller, events.WEBHOOK_RETIRED) as change:
        webhook = _webhook(public_id)
        if webhook.feeds.exists():
            raise Conflict("The book is fed to this webhook.", remedy="Retire the feed first.")
        _describe(change, webhook)
        _destroy_secrets(webhook, list(webhook.secrets.all()))
        webhook.delete()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying a webhook: the status of the answer, 0 without one; and why it was not taken, if so."""

    status: int
    fault: str = ""
    remedy: str = ""


def try_webhook(caller: Caller, *, public_id: UUID, now: datetime) -> Tried:
    """Post a message of the type `webhook.test` at once, and say what came of it.

    No transaction is open meanwhile, unless the caller's own is: a receiver that takes its time locks nothing.

    Raises:
        Refused: the caller may not configure; on record.
        TooOften: webhooks of the environment were tried `TRIES_A_MINUTE` times within this minute; on record.
        NotFound: there is no such webhook.
    """
    clearance = clearance_for(caller, "configure", events.WEBHOOK_TRIED, now=now)
    with refusal_on_record(events.WEBHOOK_TRIED, caller):
        _count_try(caller, now)
    with in_environment(caller.environment_id):
        webhook = Webhook.objects.select_related("environment").filter(public_id=public_id).first()
        if webhook is None:
            raise NotFound("There is no such webhook.", field="id")
        try:
            keys = keys_of(webhook, now=now)
        except Unsent:
            keys = []
    tried = _tried(webhook, keys, now)
    append(
        events.WEBHOOK_TRIED,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts={
            "webhook": webhook.public_id,
            "host": host_of(webhook.url),
            "status": tried.status,
            "reasons": [f"not taken: {tried.fault}"] if tried.fault else [],
        },
        outcome="failed" if tried.fault else "done",
        decision_id=clearance.decision_id,
    )
    return tried


def _count_try(caller: Caller, now: datetime) -> None:
    minute, second = divmod(int(now.timestamp()), 60)
    counted = ("webhook tries", caller.environment_id)
    if not counting.spend(*counted, bucket=minute, buckets=1, allowance=TRIES_A_MINUTE, seconds=120):
        raise TooOften(
            "Webhooks were tried too often.",
            decision_id=uuid4(),
            reasons=("limit: tries of webhooks",),
            remedy="Try again in a minute.",
            wait=60 - second,
        )


def _tried(webhook: Webhook, keys: Sequence[bytes], now: datetime) -> Tried:
    status = 0
    environment = {"id": webhook.environment_id, "name": webhook.environment.name}
    message = {"type": "webhook.test", "timestamp": now, "data": {"environment": environment}}
    try:
        if not keys:
            raise Unsent("no secret")
        answer = post(webhook.url, f"msg_{uuid4().hex}", message, keys=keys, at=now)
        status = answer.status
        must_be_taken(answer, at=now)
    except Unsent as unsent:
        return Tried(status, unsent.cause, _REMEDIES.get(unsent.cause, ""))
    return Tried(status)


_REMEDIES = {
    "no secret": "Make a secret first, and give it to the receiver.",
    "address": "The name leads to no public address, nor to a network of SEALBOOK_WEBHOOK_NETWORKS.",
    "certificate": "The receiver's certificate is not one that this server trusts.",
    "time": "The receiver has to answer within ten seconds.",
}


def forget_former_secrets(*, now: datetime) -> int:
    """Destroy the secrets that sign nothing any more, in every environment; returns how many. Safe to repeat."""
    forgotten = 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            over = list(WebhookSecret.objects.select_related("webhook").filter(expires_at__lte=now))
            for secret in over:
                _destroy_secrets(secret.webhook, [secret])
            forgotten += len(over)
    return forgotten


def _keep_secret(webhook: Webhook, secret: str, change: Change) -> None:
    sealed_id = create_sealed_secret(
        environment_id=webhook.environment_id, kind=KeyKind.SECRET, scope=SCOPE, secret=secret.encode()
    )
    WebhookSecret.objects.create(
        environment_id=webhook.environment_id, webhook=webhook, sealed_id=sealed_id, created_at=change.now
    )


def _destroy_secrets(webhook: Webhook, secrets: Sequence[WebhookSecret]) -> None:
    for secret in secrets:
        destroy_key(environment_id=webhook.environment_id, key_id=secret.sealed_id)
        secret.delete()


def _checked_kinds(kinds: Sequence[str]) -> list[str]:
    for position, kind in enumerate(kinds):
        if kind not in FOR_WEBHOOKS:
            known = ", ".join(FOR_WEBHOOKS)
            raise Invalid("There is no such kind of notice.", field="kinds", position=position, remedy=known)
    return sorted(set(kinds))


def _check_secret(secret: str) -> None:
    if key_in(secret) is None:
        raise Invalid(f"A secret of a webhook is 'whsec_' and {SHORTEST} to {LONGEST} bytes in base64.", field="secret")


def _webhook(public_id: UUID) -> Webhook:
    webhook = Webhook.objects.select_for_update().filter(public_id=public_id).first()
    if webhook is None:
        raise NotFound("There is no such webhook.", field="id")
    return webhook


def _describe(change: Change, webhook: Webhook) -> None:
    change.facts.update(webhook=webhook.public_id, name=webhook.name, host=host_of(webhook.url), kinds=webhook.kinds)
