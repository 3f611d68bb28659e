"""Sending the book to its feeds: claimed for a while, sent outside any transaction, then put down.

The cursor moves on once a receiver has a batch. Whoever dies in between has it sent again once the claim is over, so
every event comes at least once, in order, and whoever gets it twice knows it by its place (`metadata.sequence`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.actors import SYSTEM
from audit.bodies import Outcome
from audit.events import EventKind
from audit.exports.ocsf import event_of
from audit.exports.sealed import sealed_from
from audit.integrity.state import against
from audit.recorder import append
from governance import events
from governance.actions.deliveries import keys_of
from governance.feeds.files import FileSink
from governance.feeds.posted import PostedSink
from governance.feeds.sinks import FedEvent, Sink
from governance.feeds.syslog import SyslogSink
from governance.models import Environment, Feed
from governance.models.feeds import FILE, SYSLOG
from governance.notices.unsent import Unsent
from keyring.errors import KeyringError
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

CLAIM = timedelta(seconds=90)
"""For which a feed belongs to who sends; longer than sending takes."""
MOST_AT_ONCE = 200
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=15)
"""Between two tries, each twice as long as the one before. Nothing is ever given up: the cursor stands."""
_CHANCE = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A feed as it was claimed: until this moment, and by nobody else."""

    environment_id: UUID
    pk: int
    index: int
    until: datetime
    sink: Sink | Unsent
    environments: tuple[UUID, ...]
    """Whose entries it gets."""


def feed_everywhere(*, now: datetime) -> Iterator[int]:
    """Send every feed that is due its next events; yields how many after each."""
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            due = list(_going(now).values_list("public_id", flat=True))
        for public_id in due:
            yield feed_next(environment_id, public_id, now=now)


def feed_next(environment_id: UUID, public_id: UUID, *, now: datetime) -> int:
    """Send one feed its next events, at most `MOST_AT_ONCE`; return how many places it went on, 0 if it did not.

    Two that do so at once: one sends. While exports wait (nobody seals, no witness answers), nothing is sent.
    """
    if against({"export"}, now=now):
        return 0
    claimed = _claimed(environment_id, public_id, now)
    if claimed is None:
        return 0
    step = sealed_from(claimed.environments, claimed.index, most=MOST_AT_ONCE)
    checkpoint = step.checkpoint
    try:
        if step.entries and checkpoint is not None:
            if isinstance(claimed.sink, Unsent):
                raise claimed.sink
            claimed.sink([FedEvent(each.index, event_of(each, checkpoint)) for each in step.entries])
    except Unsent as unsent:
        _put_down_failure(claimed, unsent, now)
        return 0
    _put_down(claimed, step.until, now, sent=bool(step.entries))
    return step.until - claimed.index


def _going(now: datetime) -> QuerySet[Feed]:
    return Feed.objects.filter(Q(next_at=None) | Q(next_at__lte=now), paused_at=None)


def _claimed(environment_id: UUID, public_id: UUID, now: datetime) -> _Claimed | None:
    with in_environment(environment_id):
        free = _going(now).filter(Q(claimed_until=None) | Q(claimed_until__lte=now)).select_related("webhook")
        feed = free.select_for_update(skip_locked=True, of=("self",)).filter(public_id=public_id).first()
        if feed is None:
            return None
        feed.claimed_until = now + CLAIM
        feed.save(update_fields=["claimed_until"])
        whose = (environment_id, SYSTEM_ENVIRONMENT) if feed.with_installation else (environment_id,)
        return _Claimed(environment_id, feed.pk, feed.index, feed.claimed_until, _sink(feed, now), whose)


def _sink(feed: Feed, now: datetime) -> Sink | Unsent:
    """Return the way out; why there is none is told as if it had been tried."""
    try:
        if feed.way == FILE:
            return FileSink(feed.environment_id, feed.name)
        if feed.way == SYSLOG:
            return SyslogSink(feed.address)
        if feed.webhook is None:
            return Unsent("no webhook")
        return PostedSink(feed.public_id, feed.webhook.url, keys_of(feed.webhook, now=now), at=now)
    except Unsent as unsent:
        return unsent
    except KeyringError:
        return Unsent("keys")


def _put_down(claimed: _Claimed, until: int, now: datetime, *, sent: bool) -> None:
    with in_environment(claimed.environment_id):
        feed = _still(claimed)
        if feed is None:
            return
        was_stalled, feed.attempts, feed.next_at, feed.fault = bool(feed.attempts), 0, None, ""
        feed.index, feed.claimed_until = until, None
        feed.sent_at = now if sent else feed.sent_at
        feed.save(update_fields=["attempts", "next_at", "fault", "index", "claimed_until", "sent_at"])
        if was_stalled:
            _record(events.FEED_WENT_ON, feed)


def _put_down_failure(claimed: _Claimed, unsent: Unsent, now: datetime) -> None:
    with in_environment(claimed.environment_id):
        feed = _still(claimed)
        if feed is None:
            return
        pause = min(FIRST_PAUSE * 2 ** min(feed.attempts, 10), LONGEST_PAUSE)
        feed.attempts += 1
        feed.next_at = now + max(pause * _CHANCE.uniform(0.8, 1.2), min(unsent.wait, LONGEST_PAUSE))
        feed.fault, feed.claimed_until = unsent.cause[:64], None
        feed.save(update_fields=["attempts", "next_at", "fault", "claimed_until"])
        if feed.attempts == 1:
            # Once for a standstill: an entry for each try would itself be something to send.
            _record(events.FEED_STOOD_STILL, feed, "failed")


def _still(claimed: _Claimed) -> Feed | None:
    """Return the feed if it is still ours: it was not retired, nor claimed by another since."""
    mine = Feed.objects.select_for_update(of=("self",)).filter(pk=claimed.pk, claimed_until=claimed.until)
    return mine.filter(index=claimed.index).first()


def _record(event: EventKind, feed: Feed, outcome: Outcome = "done") -> None:
    append(
        event,
        environment_id=feed.environment_id,
        actor=SYSTEM,
        facts={"feed": feed.public_id, "name": feed.name, "way": feed.way, "index": feed.index, "fault": feed.fault},
        outcome=outcome,
    )
