"""Sending what waits to leave: claimed for a while, sent outside any transaction, then put down.

Whoever dies between sending and putting it down has it sent again once its claim is over, under the same id.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from audit.actors import SYSTEM
from audit.events import EventKind
from audit.recorder import append
from governance import events
from governance.actions.clearing import cleared
from governance.actions.notices import ADDRESS_CHANGED, DELIVER
from governance.errors import Conflict, NotFound
from governance.identities import Caller
from governance.models import Delivery, Environment, FormerAddress
from governance.models.webhooks import Webhook
from governance.notices.digest import DIGEST, digest_text
from governance.notices.mail import send_mail
from governance.notices.posting import must_be_taken, post
from governance.notices.signing import key_in
from governance.notices.unsent import Unsent
from governance.notices.wording import page_about, wording_of
from governance.summoning import summon_worker
from keyring.errors import KeyringError
from keyring.plain import Plain
from keyring.sealed_secrets import open_sealed_secret
from keyring.walls import in_environment

CLAIM = timedelta(minutes=3)
"""For which a message belongs to who sends it; longer than sending takes."""
MOST_ATTEMPTS = 9
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
"""Between two tries, each three times as long as the one before: nine of them take about fifteen hours."""
_CHANCE = random.SystemRandom()
"""So that what failed together does not come back together."""
_NOBODY_ANSWERS = frozenset({"time", "connection"})
_STANDSTILL = timedelta(minutes=15)
"""For which everything waits, at the most, that would go to who does not answer."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A message as it was claimed: this very try, and no later one."""

    id: UUID
    environment_id: UUID
    attempt: int


def deliver_next(environment_id: UUID, *, now: datetime) -> bool:
    """Try to send what has been due the longest; false where nothing is. Any number of processes may do it at once."""
    claimed = _claimed(environment_id, now)
    if claimed is None:
        return False
    try:
        if claimed.attempt > MOST_ATTEMPTS:
            raise Unsent("interrupted", is_final=True)  # whoever sent it died each time
        _sent(claimed, now)
    except Unsent as unsent:
        _put_down_fault(claimed, unsent, now)
    except KeyringError:
        _put_down_fault(claimed, Unsent("keyring"), now)
    except Exception:  # one message that cannot leave keeps no other from leaving
        _log.exception("a message could not be sent")  # lines have an error's type and place, not what it says
        _put_down_fault(claimed, Unsent("failed"), now)
    else:
        _put_down_success(claimed, now)
    return True


def pause_after(attempt: int) -> timedelta:
    """Return how long to wait after a try that failed: growing, bounded, and never quite the same."""
    pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 3 ** min(attempt - 1, MOST_ATTEMPTS))
    return pause * _CHANCE.uniform(0.75, 1.25)


def retry_delivery(caller: Caller, *, delivery_id: UUID, now: datetime) -> Delivery:
    """Send once more, under the same id, what was given up.

    Raises:
        Refused: the caller may not configure; on record.
        NotFound: there is no such message.
        Conflict: it has not been given up.
    """
    with cleared(caller, "configure", events.NOTICE_RETRIED, now=now) as clearance:
        row = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
        if row is None:
            raise NotFound("There is no such message.", field="id")
        if row.state != Delivery.GIVEN_UP:
            raise Conflict("This message was not given up.", remedy="It is sent already, or is still being tried.")
        row.state, row.attempts, row.next_at, row.ended_at = Delivery.PENDING, 0, now, None
        row.save(update_fields=["state", "attempts", "next_at", "ended_at"])
        append(
            events.NOTICE_RETRIED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts=_described(row),
            decision_id=clearance.decision_id,
        )
        summon_worker(DELIVER, str(caller.environment_id))
    return row


def forget_deliveries(*, now: datetime) -> int:
    """Forget what was sent or given up long ago, in every environment; returns how many. The book still has it.

    Former addresses that nobody could be reached at go with it.
    """
    until, forgotten = now - timedelta(days=settings.GOVERNANCE_DELIVERY_DAYS), 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            forgotten += Delivery.objects.filter(ended_at__lt=until).delete()[0]
    FormerAddress.objects.filter(created_at__lt=until).delete()
    return forgotten


def _claimed(environment_id: UUID, now: datetime) -> _Claimed | None:
    with in_environment(environment_id):
        due = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        row = due.filter(state=Delivery.PENDING, next_at__lte=now).order_by("next_at").first()
        if row is None:
            return None
        row.attempts, row.next_at = row.attempts + 1, now + CLAIM
        row.save(update_fields=["attempts", "next_at"])
        return _Claimed(row.pk, environment_id, row.attempts)


def _sent(claimed: _Claimed, now: datetime) -> None:
    """Send a message, reading what it says only now: who was shut out meanwhile gets nothing.

    Raises:
        Unsent, KeyringError: it did not leave.
    """
    with in_environment(claimed.environment_id):
        rows = Delivery.objects.select_related("notice__account", "webhook", "environment")
        row = rows.filter(pk=claimed.id).first()
        if row is None:
            return  # its webhook was retired meanwhile
        address = _address(row) if row.webhook is None else None
        keys = keys_of(row.webhook, now=now) if row.webhook is not None else []
        numbers = digest_text(row.about) if row.kind == DIGEST else ""
    if address is not None:
        name = row.environment.name
        send_mail(row.pk, address, kind=row.kind, about=row.about, environment_name=name, numbers=numbers)
    elif row.webhook is not None:
        must_be_taken(post(row.webhook.url, f"msg_{row.pk.hex}", _message(row), keys=keys, at=now), at=now)


def _address(row: Delivery) -> Plain[str]:
    if row.kind == ADDRESS_CHANGED:  # whoever is shut out is told as well: it may be why they are
        return _former_address(row)
    account = row.notice.account if row.notice is not None else None
    if account is None or not account.is_active:
        raise Unsent("shut out", is_final=True)
    if account.email is None:
        raise Unsent("no address", is_final=True)
    return Plain(account.email.reveal())


def _former_address(row: Delivery) -> Plain[str]:
    former = FormerAddress.objects.filter(pk=row.about).first()
    if former is None or former.email is None:
        raise Unsent("no address", is_final=True)
    return Plain(former.email.reveal())


def keys_of(webhook: Webhook, *, now: datetime) -> list[bytes]:
    """Return the keys that sign a webhook's messages now, the newest first; must run inside the environment.

    Raises:
        Unsent: there are none yet.
        KeyringError: they cannot be opened.
    """
    good = webhook.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=now)).order_by("-created_at", "-pk")
    opened = (open_sealed_secret(webhook.environment_id, secret.sealed_id).decode() for secret in good)
    keys = [key for text in opened if (key := key_in(text)) is not None]
    if not keys:
        raise Unsent("no secret")
    return keys


def _message(row: Delivery) -> dict[str, Any]:
    """What a webhook is told: the same, however often. Nobody's data, and no name of an operator."""
    return {
        "type": row.kind,
        "timestamp": row.created_at,
        "data": {
            "environment": {"id": row.environment_id, "name": row.environment.name},
            "object": wording_of(row.kind).of,
            "id": row.about,
            "url": page_about(row.kind, row.about),
        },
    }


def _put_down_success(claimed: _Claimed, now: datetime) -> None:
    """Even a try whose claim was over: it has left, so nobody needs to send it again."""
    with in_environment(claimed.environment_id):
        row = _still_pending(claimed)
        if row is not None:
            _end(row, Delivery.SENT, events.NOTICE_SENT, now)
            if row.kind == ADDRESS_CHANGED:
                FormerAddress.objects.filter(pk=row.about).delete()


def _put_down_fault(claimed: _Claimed, unsent: Unsent, now: datetime) -> None:
    with in_environment(claimed.environment_id):
        row = _still_pending(claimed)
        if row is None or row.attempts != claimed.attempt:
            return  # somebody else is sending it by now
        row.fault = unsent.cause[:32]
        if unsent.is_final or row.attempts >= MOST_ATTEMPTS:
            _end(row, Delivery.GIVEN_UP, events.NOTICE_GIVEN_UP, now)
        else:
            row.next_at = now + max(pause_after(row.attempts), min(unsent.wait, LONGEST_PAUSE))
            row.save(update_fields=["fault", "next_at"])
        if unsent.cause in _NOBODY_ANSWERS or (unsent.wait and not unsent.is_final):
            _let_wait(row, until=now + min(unsent.wait or pause_after(claimed.attempt), _STANDSTILL))


def _let_wait(tried: Delivery, *, until: datetime) -> None:
    """Let everything wait that goes where nobody answered, or somebody asked for it."""
    others = Delivery.objects.filter(webhook=tried.webhook, state=Delivery.PENDING, next_at__lt=until)
    # Those that somebody is at are left alone: two that wait for each other's rows would wait for ever.
    free = others.exclude(pk=tried.pk).select_for_update(skip_locked=True, of=("self",))
    Delivery.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(next_at=until)


def _still_pending(claimed: _Claimed) -> Delivery | None:
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("notice")
    return rows.filter(pk=claimed.id, state=Delivery.PENDING).first()


def _end(row: Delivery, state: str, event: EventKind, now: datetime) -> None:
    is_sent = state == Delivery.SENT
    row.state, row.ended_at, row.fault = state, now, "" if is_sent else row.fault
    row.save(update_fields=["state", "ended_at", "fault"])
    append(
        event,
        environment_id=row.environment_id,
        actor=SYSTEM,
        facts=_described(row),
        outcome="done" if is_sent else "failed",
    )


def _described(row: Delivery) -> dict[str, Any]:
    """What the book says of a message: no address, and nothing of what somebody wrote."""
    return {
        "message": row.pk,
        "kind": row.kind,
        "about": row.about,
        "account": row.notice.account_id if row.notice is not None else None,
        "webhook": row.webhook.public_id if row.webhook is not None else None,
        "attempts": row.attempts,
        "reasons": [f"not sent: {row.fault}"] if row.fault else [],
    }
