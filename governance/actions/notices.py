"""Telling people what happens to access: kept in the transaction of what is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from governance.models import Notice


def leave_notices(told: Iterable[tuple[str, UUID, UUID]], *, environment_id: UUID, now: datetime) -> None:
    """Leave notices, each a kind, an account and what it is about; the caller holds the environment's transaction."""
    Notice.objects.bulk_create(
        Notice(environment_id=environment_id, kind=kind, account_id=account, about=about, created_at=now)
        for kind, account, about in dict.fromkeys(told)
    )
