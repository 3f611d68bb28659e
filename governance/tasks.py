"""What runs by the clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.db import connections
from django.utils import timezone

from audit.queries import AUDITOR
from governance.actions.access_clock import put_down_what_is_over, tell_what_is_overdue
from governance.actions.deadlines import warn_of_deadlines
from governance.actions.deliveries import deliver_next, forget_deliveries
from governance.actions.digests import send_digests
from governance.actions.factor_upkeep import forget_offers
from governance.actions.feeding import feed_everywhere
from governance.actions.notices import DELIVER
from governance.actions.rights_rounds import open_due_reviews
from governance.actions.script_notes import forget_notes
from governance.actions.staff_pulling import pull_staff_everywhere
from governance.actions.webhooks import forget_former_secrets
from governance.models import Environment
from governance.operators.sessions import SessionStore

DELIVERY_SECONDS = 25.0
"""How long one run may go on beginning to send: the next one comes after half a minute."""
_SOFT_LIMIT, _LIMIT = 110, 150
"""Seconds of a run, should sending itself not end: longer than a last message takes, shorter than it is claimed."""


@shared_task(name="governance.feed_the_book", soft_time_limit=_SOFT_LIMIT, time_limit=_LIMIT)
def feed_the_book() -> int:
    """Send the book's feeds what was sealed since, round after round; safe to repeat, to lose and to run twice."""
    if AUDITOR not in connections:
        return 0
    went, until = 0, monotonic() + DELIVERY_SECONDS
    while monotonic() < until:
        before = went
        for places in feed_everywhere(now=timezone.now()):
            went += places
            if monotonic() >= until:
                return went
        if went == before:
            return went
    return went


@shared_task(name="governance.forget_sessions")
def forget_sessions() -> None:
    """Forget the sessions whose time is over; safe to repeat."""
    SessionStore.clear_expired()


@shared_task(name="governance.pull_staff", soft_time_limit=300, time_limit=330)
def pull_staff() -> dict[str, str]:
    """Ask the system that keeps the staff directory, for each environment; safe to repeat and to lose."""
    return pull_staff_everywhere(now=timezone.now())


@shared_task(name="governance.forget_script_notes")
def forget_script_notes() -> int:
    """Forget what scripts noted once its time is over; safe to repeat."""
    return forget_notes(now=timezone.now())


@shared_task(name="governance.forget_factor_offers")
def forget_factor_offers() -> int:
    """Forget the secrets that were offered to authenticator apps and never enrolled; safe to repeat."""
    return forget_offers(now=timezone.now())


@shared_task(name="governance.put_down_what_is_over")
def put_down_over() -> int:
    """Put down which requests and grants of access are over; safe to repeat, and no check waits for it."""
    return put_down_what_is_over(now=timezone.now())


@shared_task(name="governance.tell_what_is_overdue")
def tell_overdue() -> int:
    """Tell people once about reviews that nobody concluded in time; safe to repeat."""
    return tell_what_is_overdue(now=timezone.now())


@shared_task(name=DELIVER, soft_time_limit=_SOFT_LIMIT, time_limit=_LIMIT)
def deliver_notices_of(environment_id: str) -> int:
    """Send what waits in one environment, for a while; safe to repeat, to kill, and to run twice at once."""
    return _delivered([UUID(environment_id)])


@shared_task(name="governance.deliver_notices", soft_time_limit=_SOFT_LIMIT, time_limit=_LIMIT)
def deliver_notices() -> int:
    """Send what waits and nobody was called to, and what is due again; returns how many tries that took."""
    return _delivered(Environment.objects.order_by("?").values_list("pk", flat=True))


def _delivered(environments: Iterable[UUID]) -> int:
    """Send one message of each environment in turn, so that none waits until all of another's have left."""
    until, tries, turns = monotonic() + DELIVERY_SECONDS, 0, deque(environments)
    while turns and monotonic() < until:
        environment_id = turns.popleft()
        if deliver_next(environment_id, now=timezone.now()):
            tries += 1
            turns.append(environment_id)
    return tries


@shared_task(name="governance.forget_deliveries")
def forget_old_deliveries() -> int:
    """Forget messages that ended long ago, and destroy secrets of webhooks that sign nothing; safe to repeat."""
    now = timezone.now()
    return forget_deliveries(now=now) + forget_former_secrets(now=now)


@shared_task(name="governance.open_rights_reviews")
def open_rights_reviews() -> int:
    """Open the reviews of rights whose time has come, tell of late ones, end those that are done; safe to repeat."""
    return open_due_reviews(now=timezone.now())


@shared_task(name="governance.send_digests")
def send_due_digests() -> int:
    """Tell those who may read the book, once a day, what waits for them there; safe to repeat."""
    return send_digests(now=timezone.now())


@shared_task(name="governance.warn_of_deadlines")
def warn_of_due_dossiers() -> int:
    """Tell those in charge of breach dossiers, twice, that the time of one runs out; safe to repeat."""
    return warn_of_deadlines(now=timezone.now())
