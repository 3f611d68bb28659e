"""Telling people what happens to access: kept in the transaction of what is told, with every way it leaves by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from governance.models import Account, Delivery, Notice, Webhook
from governance.notices import mail
from governance.notices.wording import wording_of
from governance.summoning import summon_worker

DELIVER = "governance.deliver_notices_of"
ADDRESS_CHANGED = "account.address_changed"
"""The one notice that goes to a former address."""


def leave_notices(
    told: Iterable[tuple[str, UUID, UUID]],
    *,
    environment_id: UUID,
    now: datetime,
    happened: Iterable[tuple[str, UUID]] = (),
    due_at: datetime | None = None,
) -> None:
    """Leave notices, and what is to be sent because of them; the caller holds the environment's transaction.

    Args:
        told: who is told: a kind, an account and what it is about.
        happened: kinds and what they are about that webhooks are told, even where there is nobody to tell.
        due_at: from when on it may leave; by default `now`, which the clock may be behind.
    """
    notices = Notice.objects.bulk_create(
        Notice(environment_id=environment_id, kind=kind, account_id=account, about=about, created_at=now)
        for kind, account, about in dict.fromkeys(told)
    )
    heard = ((notice.kind, notice.about) for notice in notices if not wording_of(notice.kind).is_personal)
    known = dict.fromkeys([*happened, *heard])
    leaving = [*_mails(notices), *_posts(known, environment_id=environment_id, now=now)]
    for delivery in leaving:
        delivery.next_at = due_at or now
    if leaving:
        Delivery.objects.bulk_create(leaving)
        summon_worker(DELIVER, str(environment_id))


def _mails(notices: Sequence[Notice]) -> list[Delivery]:
    """One for every operator who is told; a client has no address, and without a server nothing would leave."""
    if not notices or not mail.is_configured():
        return []
    people = set(
        Account.objects.filter(pk__in={notice.account_id for notice in notices}, kind=Account.OPERATOR).values_list(
            "pk", flat=True
        )
    )
    return [
        Delivery(
            environment_id=notice.environment_id,
            notice=notice,
            kind=notice.kind,
            about=notice.about,
            created_at=notice.created_at,
        )
        for notice in notices
        if notice.account_id in people
    ]


def _posts(known: Collection[tuple[str, UUID]], *, environment_id: UUID, now: datetime) -> list[Delivery]:
    """One for every webhook and every thing that happened, however many people are told of it."""
    if not known:
        return []
    return [
        Delivery(environment_id=environment_id, webhook=webhook, kind=kind, about=about, created_at=now)
        for webhook in Webhook.objects.all()
        for kind, about in known
        if webhook.wants(kind)
    ]
