"""What runs by the clock."""

from __future__ import annotations

from celery import shared_task

from governance.operators.sessions import SessionStore


@shared_task(name="governance.forget_sessions")
def forget_sessions() -> None:
    """Forget the sessions whose time is over; safe to repeat."""
    SessionStore.clear_expired()
