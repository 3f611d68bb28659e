"""A simulated company goes into the book: batch by batch, each once, however often it is begun."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol
from uuid import UUID

from django.db import Error, connection, connections, transaction

from audit.actors import SYSTEM
from audit.analysis.accesses import Access
from audit.errors import AuditorNotConfigured, AuditUnavailable
from audit.events import COMPANY_SIMULATED
from audit.queries import AUDITOR
from audit.recorder import EntryRow, append
from audit.simulation.configuration import Configuration
from audit.simulation.entries import entry_of
from audit.simulation.running import Simulation

BATCH = 1000
"""Entries in one transaction."""

LOCK = 0x5EA1_C0DE
"""Of two who write a company at once, one waits for the other's batch and finds it written."""

_APPEND = """
select count(public.audit_append(
  %s::uuid, given.id, given.kind, given.outcome, given.actor_kind, given.actor_id, null, null, given.subject_count,
  given.subjects::text[], given.body
)::text)
from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::int[], %s::text[], %s::text[])
  with ordinality as given (id, kind, outcome, actor_kind, actor_id, subject_count, subjects, body, place)
"""


class Premises(Protocol):
    """Where a company is at home in an environment: its staff, people and tickets as they are there."""

    def furnish(self, simulation: Simulation) -> None:
        """Make what is there from the beginning; what is there already stays."""
        ...

    def as_here(self, access: Access) -> Access:
        """Return an access under the names that everybody has here; what it rests on is made first."""
        ...


def keep_company(
    configuration: Configuration, *, seed: int, environment_id: UUID, premises: Premises | None = None
) -> Iterator[int]:
    """Write a company's entries through the function that writes every entry; yields how many there are so far.

    Whoever is stopped begins again with the same configuration and seed: what is in the book already is found by its
    ids, which follow from both and the environment, and is not written twice. Without `premises` nobody in the book is
    anybody, and nothing is known beside it.

    Raises:
        AuditorNotConfigured: the book cannot be read here, so it could not be told what it has.
        AuditUnavailable: the database does not take an entry.
    """
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    simulation = Simulation(configuration, seed=seed, environment_id=environment_id)
    if premises is not None:
        premises.furnish(simulation)
    here = simulation.accesses() if premises is None else map(premises.as_here, simulation.accesses())
    rows = map(entry_of, here)
    told = 0
    while batch := [*islice(rows, BATCH)]:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
            if not _is_kept(batch[-1].id, environment_id):
                if told == 0:
                    append(
                        COMPANY_SIMULATED,
                        environment_id=environment_id,
                        actor=SYSTEM,
                        facts={
                            "seed": seed,
                            "days": configuration.work.days,
                            "staff": configuration.company.staff,
                        },
                    )
                _append(batch, environment_id)
        told += len(batch)
        yield told


def _is_kept(entry_id: UUID, environment_id: UUID) -> bool:
    """Say whether a batch is in the book, by its last entry: it came with all of its batch or not at all."""
    with connections[AUDITOR].cursor() as cursor:
        cursor.execute(
            "select exists (select from audit_entry where id = %s and environment_id = %s)", [entry_id, environment_id]
        )
        return bool(cursor.fetchone()[0])


def _append(batch: list[EntryRow], environment_id: UUID) -> None:
    fields = (
        [row.id for row in batch],
        [row.kind for row in batch],
        [row.outcome for row in batch],
        [row.actor_kind for row in batch],
        [row.actor_id for row in batch],
        [row.subject_count for row in batch],
        # Arrays travel as texts, since `unnest` would flatten them; handles need no quotes.
        [None if row.subjects is None else "{" + ",".join(row.subjects) + "}" for row in batch],
        [row.body for row in batch],
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(_APPEND, [environment_id, *fields])
    except Error as error:
        raise AuditUnavailable from error
