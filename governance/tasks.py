"""What runs by the clock."""

from __future__ import annotations

from time import monotonic
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from governance.actions.access_clock import put_down_what_is_over, tell_what_is_overdue
from governance.actions.deliveries import deliver_next, forget_deliveries
from governance.actions.factor_upkeep import forget_offers
from governance.actions.notices import DELIVER
from governance.actions.rights_reviews import open_due_reviews
from governance.actions.script_notes import forget_notes
from governance.actions.webhooks import forget_former_secrets
from governance.models import Environment
from governance.operators.sessions import SessionStore

DELIVERY_SECONDS = 25.0
"""How long one run may go on sending: the next one comes after half a minute."""


@shared_task(name="governance.forget_sessions")
def forget_sessions() -> None:
    """Forget the sessions whose time is over; safe to repeat."""
    SessionStore.clear_expired()


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


@shared_task(name=DELIVER)
def deliver_notices_of(environment_id: str) -> int:
    """Send what waits in one environment, for a while; safe to repeat, to kill, and to run twice at once."""
    return _delivered(UUID(environment_id), until=monotonic() + DELIVERY_SECONDS)


@shared_task(name="governance.deliver_notices")
def deliver_notices() -> int:
    """Send what waits and nobody was called to, and what is due again; returns how many tries that took."""
    until = monotonic() + DELIVERY_SECONDS
    return sum(_delivered(each, until=until) for each in Environment.objects.values_list("pk", flat=True))


def _delivered(environment_id: UUID, *, until: float) -> int:
    tries = 0
    while monotonic() < until and deliver_next(environment_id, now=timezone.now()):
        tries += 1
    return tries


@shared_task(name="governance.forget_deliveries")
def forget_old_deliveries() -> int:
    """Forget messages that ended long ago, and destroy secrets of webhooks that sign nothing; safe to repeat."""
    now = timezone.now()
    return forget_deliveries(now=now) + forget_former_secrets(now=now)


@shared_task(name="governance.open_rights_reviews")
def open_rights_reviews() -> int:
    """Open the reviews of rights whose time has come, end those that are done; safe to repeat."""
    return open_due_reviews(now=timezone.now())
