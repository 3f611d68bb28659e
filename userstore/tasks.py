"""What runs by the clock."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from userstore.actions.idempotency import forget_answers


@shared_task(name="userstore.forget_idempotency_keys")
def forget_idempotency_keys() -> int:
    """Forget the answers of repeatable writes whose day is over; safe to repeat."""
    return forget_answers(now=timezone.now())
