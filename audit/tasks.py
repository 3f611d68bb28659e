"""What runs by the clock."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from audit.actions.partitions import ensure_partitions, partition_state

logger = logging.getLogger(__name__)


@shared_task(name="audit.make_partitions")
def make_partitions() -> list[str]:
    """Keep the book's months ahead of the clock and say loudly if an entry fell outside them; safe to repeat."""
    made = ensure_partitions(months_ahead=settings.AUDIT_MONTHS_AHEAD)
    stray = partition_state().rows_in_default
    if stray:
        logger.error("audit entries lie in the default partition", extra={"rows": stray})
    return made
