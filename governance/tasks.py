"""What runs by the clock."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from governance.actions.access_clock import put_down_what_is_over
from governance.actions.factor_upkeep import forget_offers
from governance.actions.script_notes import forget_notes
from governance.operators.sessions import SessionStore


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
