"""Defining, changing, pausing and retiring feeds of the book."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.conf import settings

from audit.events import EventKind
from governance import events
from governance.actions.change import Change, configuration_change, refusal_on_record
from governance.actions.names import checked_name
from governance.actions.publishing import refuse_existing, refuse_taken_name
from governance.authorization import refusal
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.feeds.syslog import checked_syslog_address
from governance.identities import OPERATOR, SYSTEM, Caller
from governance.models import Account, Feed, Webhook
from governance.models.feeds import FILE, POSTED, SYSLOG, WAYS

MOST_FEEDS = 8
"""Of an environment: each gets every entry."""


@draftable
def define_feed(
    caller: Caller,
    *,
    name: str,
    way: str,
    address: str = "",
    webhook: UUID | None = None,
    description: str = "",
    public_id: UUID | None = None,
) -> Feed:
    """Have everything that the book has of the environment, and will have, sent to another system.

    Args:
        way: file, syslog or webhook.
        address: of a syslog server, `host:port`; none else.
        webhook: id of the webhook that signs and takes it; none else.

    Raises:
        Invalid: a bad name, way or address, or a file where the deployment names no folder; names the field.
        Conflict: name or id is taken, or there are too many already.
        NotFound: there is no such webhook.
    """
    name, address = checked_name(name, what="feed"), _checked_address(way, address)
    with configuration_change(caller, events.FEED_DEFINED) as change:
        refuse_existing(Feed, name=name, public_id=public_id, is_same=lambda _: False)
        if Feed.objects.count() >= MOST_FEEDS:
            raise Conflict(f"An environment has up to {MOST_FEEDS} feeds.", remedy="Retire one first.")
        feed = Feed.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            way=way,
            address=address,
            webhook=_webhook(way, webhook),
            description=description,
        )
        _describe(change, feed)
    return feed


@draftable
def change_feed(
    caller: Caller,
    *,
    public_id: UUID,
    name: str,
    way: str,
    address: str = "",
    webhook: UUID | None = None,
    description: str = "",
) -> Feed:
    """Change where a feed leads; it goes on where it is. Raises as `define_feed`, and `NotFound`."""
    name, address = checked_name(name, what="feed"), _checked_address(way, address)
    with configuration_change(caller, events.FEED_CHANGED) as change:
        feed = _feed(public_id)
        refuse_taken_name(Feed, name=name, public_id=public_id)
        # Whoever led it elsewhere would get what a superuser alone lets leave.
        feed.with_installation = feed.with_installation and (feed.way, feed.address) == (way, address)
        feed.name, feed.way, feed.address, feed.description = name, way, address, description
        feed.webhook = _webhook(way, webhook)
        feed.attempts, feed.next_at, feed.fault = 0, None, ""
        feed.save(
            update_fields=[
                "name",
                "way",
                "address",
                "description",
                "webhook",
                "with_installation",
                "attempts",
                "next_at",
                "fault",
            ]
        )
        _describe(change, feed)
    return feed


@draftable
def retire_feed(caller: Caller, *, public_id: UUID) -> None:
    """Send nothing there any more; what it has got stays there. Raises `NotFound`."""
    with configuration_change(caller, events.FEED_RETIRED) as change:
        feed = _feed(public_id)
        _describe(change, feed)
        feed.delete()


@draftable
def pause_feed(caller: Caller, *, public_id: UUID) -> Feed:
    """Send nothing there until it is resumed, which then goes on where it is. Raises `NotFound`, and `Conflict`."""
    with configuration_change(caller, events.FEED_PAUSED) as change:
        feed = _feed(public_id)
        if feed.paused_at is not None:
            raise Conflict("This feed is paused already.", field="id")
        feed.paused_at = change.now
        feed.save(update_fields=["paused_at"])
        _describe(change, feed)
    return feed


@draftable
def resume_feed(caller: Caller, *, public_id: UUID) -> Feed:
    """Let a paused feed go on where it is. Raises `NotFound`, and `Conflict` where it is not paused."""
    with configuration_change(caller, events.FEED_RESUMED) as change:
        feed = _feed(public_id)
        if feed.paused_at is None:
            raise Conflict("This feed is not paused.", field="id")
        feed.paused_at, feed.attempts, feed.next_at, feed.fault = None, 0, None, ""
        feed.save(update_fields=["paused_at", "attempts", "next_at", "fault"])
        _describe(change, feed)
    return feed


@draftable
def widen_feed(caller: Caller, *, public_id: UUID) -> Feed:
    """Send what belongs to no environment there as well, from where the feed is: sign-ins, operators, dropped months.

    It is of the whole installation, so it takes a superuser beside the right to configure.

    Raises:
        Refused: the caller may not; it is on record.
        NotFound: there is no such feed.
        Conflict: it gets it already, or leads to a webhook, which any officer can lead elsewhere.
    """
    _must_manage(caller, events.FEED_WIDENED)
    with configuration_change(caller, events.FEED_WIDENED) as change:
        feed = _feed(public_id)
        if feed.with_installation:
            raise Conflict("This feed gets the installation's entries already.", field="id")
        if feed.way == POSTED:
            raise Conflict(
                "Any officer can lead a webhook elsewhere.",
                field="way",
                remedy="Use a syslog server or a file for this.",
            )
        feed.with_installation = True
        feed.save(update_fields=["with_installation"])
        _describe(change, feed)
    return feed


@draftable
def narrow_feed(caller: Caller, *, public_id: UUID) -> Feed:
    """Send the entries of the environment alone. Raises `NotFound`, and `Conflict` where it gets no others."""
    with configuration_change(caller, events.FEED_NARROWED) as change:
        feed = _feed(public_id)
        if not feed.with_installation:
            raise Conflict("This feed gets the entries of the environment alone.", field="id")
        feed.with_installation = False
        feed.save(update_fields=["with_installation"])
        _describe(change, feed)
    return feed


def _must_manage(caller: Caller, event: EventKind) -> None:
    """Let nobody but a superuser, or the machine, send what is of the whole installation."""
    superusers = Account.objects.filter(kind=Account.OPERATOR, is_superuser=True, is_active=True)
    if caller.kind == SYSTEM or (caller.kind == OPERATOR and superusers.filter(pk=caller.account_id).exists()):
        return
    with refusal_on_record(event, caller):
        raise refusal(
            "feed: only a superuser sends what belongs to no environment",
            remedy="Let a superuser who may configure do it.",
        )


def _checked_address(way: str, address: str) -> str:
    if way not in WAYS:
        raise Invalid("There is no such way.", field="way", remedy=", ".join(WAYS))
    if way == SYSLOG:
        return checked_syslog_address(address)
    if address.strip():
        raise Invalid("Only a syslog server has an address here.", field="address", remedy="Leave it empty.")
    if way == FILE and settings.GOVERNANCE_FEED_FOLDER is None:
        raise Invalid("There is no folder for files.", field="way", remedy="The deployment sets SEALBOOK_FEED_FOLDER.")
    return ""


def _webhook(way: str, public_id: UUID | None) -> Webhook | None:
    if way != POSTED:
        if public_id is not None:
            raise Invalid("Only the way 'webhook' has a webhook.", field="webhook", remedy="Leave it empty.")
        return None
    found = Webhook.objects.filter(public_id=public_id).first() if public_id else None
    if found is None:
        raise NotFound("There is no such webhook.", field="webhook")
    return found


def _feed(public_id: UUID) -> Feed:
    feed = Feed.objects.select_for_update(of=("self",)).filter(public_id=public_id).first()
    if feed is None:
        raise NotFound("There is no such feed.", field="id")
    return feed


def _describe(change: Change, feed: Feed) -> None:
    leads = feed.address or (feed.webhook.name if feed.webhook else "")
    change.facts.update(feed=feed.public_id, name=feed.name, way=feed.way, leads_to=leads, index=feed.index)
