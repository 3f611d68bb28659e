"""Whether the book can be written: asked by /readyz."""

from __future__ import annotations

from django.db import Error, transaction

from audit.actions.partitions import partition_state
from audit.actors import SYSTEM
from audit.errors import AuditUnavailable
from audit.events import BOOK_PROBED
from audit.recorder import append
from keyring.walls import SYSTEM_ENVIRONMENT


def audit_is_writable() -> bool:
    """True if an entry could be appended now: one is, and is rolled back. Call it outside an environment."""
    try:
        with transaction.atomic():
            append(BOOK_PROBED, environment_id=SYSTEM_ENVIRONMENT, actor=SYSTEM, facts={})
            transaction.set_rollback(True)
    except (AuditUnavailable, Error):
        return False
    return True


def partitions_ahead() -> int:
    """Months with a partition after the running one; -1 if even that has none, or nobody can tell."""
    try:
        return partition_state().months_ahead
    except Error:
        return -1
