"""Letting the book out with its tree, and checking it where it lies; the book records both before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from django.db import connections, transaction

from audit.actors import SYSTEM, Actor
from audit.errors import AuditorNotConfigured, NothingToExport
from audit.events import BOOK_CHECKED, BOOK_EXPORTED
from audit.integrity.columns import strayed
from audit.integrity.exporting import exported, size_of
from audit.queries import AUDITOR
from audit.recorder import append
from audit.verify.checkpoints import Keys
from audit.verify.demands import Demands
from audit.verify.notes import Checkpoint
from audit.verify.reports import Report
from audit.verify.verifying import USUAL, verify
from keyring.walls import SYSTEM_ENVIRONMENT


@contextmanager
def snapshot() -> Iterator[psycopg.Connection]:
    """Give the auditor's connection in a transaction that sees one moment. Raises `AuditorNotConfigured`."""
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    with transaction.atomic(using=AUDITOR), connections[AUDITOR].cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        connection: psycopg.Connection = connections[AUDITOR].connection
        yield connection


def export_book(*, actor: Actor, environment_id: UUID | None = None, since: int = 0) -> Iterator[bytes]:
    """Yield the lines of an export after recording that it is made.

    `environment_id` is whose bodies it holds, None for all; `since` the index of the first entry. Raises
    `NothingToExport` where the tree does not reach that far, `AuditUnavailable` instead of releasing anything.
    """
    with snapshot() as connection:
        size = size_of(connection)
        if not size or since > size:
            raise NothingToExport(f"the log has signed {size} entries")
        told = {"environment": environment_id, "since": since, "size": size}
        append(BOOK_EXPORTED, environment_id=environment_id or SYSTEM_ENVIRONMENT, actor=actor, facts=told)
        yield from exported(connection, first=since, environment_id=environment_id)


def verify_book(*, keys: Keys, kept: Checkpoint | None = None, demands: Demands = USUAL) -> Report:
    """Verify the book where it lies, after recording that it is done; also the columns that entries are searched by.

    Raises `AuditorNotConfigured`, and `AuditUnavailable` where it cannot be recorded.
    """
    with snapshot() as connection:
        append(BOOK_CHECKED, environment_id=SYSTEM_ENVIRONMENT, actor=SYSTEM, facts={"size": size_of(connection)})
        return compared(connection, keys=keys, kept=kept, demands=demands)


def compared(
    connection: psycopg.Connection,
    *,
    keys: Keys,
    kept: Checkpoint | None = None,
    demands: Demands = USUAL,
    first: int = 0,
    passing: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
) -> Report:
    """Verify what a connection sees: bodies, tree and signatures, and the columns beside the bodies.

    Args:
        connection: the auditor's, in a transaction of one snapshot.
        keys: whose signatures are believed.
        kept: a checkpoint of an earlier verification; it must not be smaller than `first`.
        demands: what beside signatures has to hold.
        first: index to begin with.
        passing: is given the lines on their way to the verifier, and passes them on.
    """
    lines = passing(exported(connection, first=first, environment_id=None))
    report = verify(lines, keys=keys, kept=kept, demands=demands)
    for finding in strayed(connection, first=first):
        report.add(finding)
    return report
