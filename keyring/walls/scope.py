"""Entering an environment for the length of one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connections, transaction

SETTING = "sealbook.environment"
"""Name of the transaction-local PostgreSQL setting that the walls compare with."""

SYSTEM_ENVIRONMENT = UUID(int=0)
"""Owns what belongs to no environment: events at the door, operators' sealed text."""


class WallBreach(RuntimeError):
    """A transaction that is in one environment tried to enter another."""


@contextmanager
def in_environment(environment_id: UUID, *, using: str = "default", durable: bool = False) -> Iterator[None]:
    """One transaction that sees exactly one environment.

    Nesting is allowed inside the same environment; another one raises `WallBreach`. Querysets must be evaluated
    inside the block: outside it the walls show nothing.
    """
    with transaction.atomic(using=using, durable=durable):
        connection = connections[using]
        with connection.cursor() as cursor:
            cursor.execute(
                "select current_setting(%s, true), set_config(%s, %s, true)", [SETTING, SETTING, str(environment_id)]
            )
            before = cursor.fetchone()[0] or ""
        if before and before != str(environment_id):
            raise WallBreach("one transaction, one environment")
        yield
        if not connection.needs_rollback and not before:
            # An outer transaction may go on (every test does): take the view away with the block.
            with connection.cursor() as cursor:
                cursor.execute("select set_config(%s, '', true)", [SETTING])


def current_environment(*, using: str = "default") -> UUID | None:
    """Return the environment this transaction is in, None outside one."""
    with connections[using].cursor() as cursor:
        cursor.execute("select nullif(current_setting(%s, true), '')::uuid", [SETTING])
        found: UUID | None = cursor.fetchone()[0]
    return found
