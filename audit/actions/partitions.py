"""Keeping the months of the book ahead of the clock."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from audit.actors import SYSTEM
from audit.events import PARTITIONS_MADE
from audit.recorder import append
from keyring.walls import SYSTEM_ENVIRONMENT


@dataclass(frozen=True, slots=True)
class PartitionState:
    """How far the months reach, and whether an entry fell outside them."""

    months_ahead: int
    """Months with a partition after the running one, without a gap; -1 if even the running month has none."""
    rows_in_default: int
    """Entries in the default partition, counted to 1000. Any at all needs an operator: see docs/operations."""


def ensure_partitions(*, months_ahead: int) -> list[str]:
    """Make the running month's partition and those of the months to come; return the names of the new ones.

    Repeating it changes nothing. New ones are recorded in the book. Raises `django.db.Error` if an open
    transaction holds the table for more than two seconds: run it again.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select audit_ensure_partitions(%s)", [months_ahead])
            made = [name for (name,) in cursor.fetchall()]
        if made:
            append(PARTITIONS_MADE, environment_id=SYSTEM_ENVIRONMENT, actor=SYSTEM, facts={"partitions": made})
    return made


def partition_state() -> PartitionState:
    """Return how far the months reach; raises `django.db.Error` if the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("select months_ahead, rows_in_default from audit_partition_state()")
        months_ahead, rows_in_default = cursor.fetchone()
    return PartitionState(months_ahead, rows_in_default)
