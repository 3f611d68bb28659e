"""Comparing what the tables of the house hold with what the book says of them, both ways.

A tree shows that no entry was changed or lost; that something happened without an entry only shows here. What is
compared is declared by the floors above, each as a `Ledger` over traces: short texts of ids and states, never of
anybody's data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from audit import queries
from audit.actors import SYSTEM
from audit.events import BOOK_READ, MONTH_DROPPED
from audit.queries import EntryView
from audit.recorder import append
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

Traces = Callable[[], Iterable[str]]
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What reading an entry ends in that lacks a fact, or has another than its kind has."""


def no_traces() -> Iterable[str]:
    """Return none."""
    return ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """One kind of thing that leaves rows and entries.

    Args:
        name: what it is, for people.
        kinds: of the entries that count.
        told: given these entries, newest first, the traces of the rows that there should be.
        kept: the traces of the rows that there are; called inside the environment.
        furnished: traces of rows that nobody caused, which need no entry.
        rows_may_go: rows go with the people whom they are about, so an entry without one is no wonder.
    """

    name: str
    kinds: frozenset[str]
    told: Callable[[Iterable[EntryView]], Iterable[str]]
    kept: Traces
    furnished: Traces = no_traces
    rows_may_go: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A row without its entry, or an entry without its row."""

    environment_id: UUID
    ledger: str
    trace: str
    is_row: bool

    def __str__(self) -> str:
        what = "has no entry in the book" if self.is_row else "stands in the book and has no row"
        return f"{self.environment_id} {self.ledger}: {self.trace} {what}"


def every_environment() -> list[UUID]:
    """Return the ids of all environments, as `settings.AUDIT_ENVIRONMENTS` tells them."""
    found: list[UUID] = import_string(settings.AUDIT_ENVIRONMENTS)()
    return found


def reconcile(environment_id: UUID) -> list[Difference]:
    """Compare one environment with its part of the book, after recording that it is read.

    What happens meanwhile is no difference: one counts only if it is there when looked at again.
    """
    facts = {"filters": ["kinds"], "returned": 0, "door": "reconciliation"}
    append(BOOK_READ, environment_id=environment_id, actor=SYSTEM, facts=facts)
    found: list[Difference] = []
    for ledger in _ledgers():
        once = _differences(environment_id, ledger)
        found += [each for each in _differences(environment_id, ledger) if each in once] if once else []
    return found


def bodies_have_gone() -> bool:
    """Whether a month was dropped: then a row may have had its entry there, and nobody can tell any more."""
    return bool(queries.entries(environment_id=SYSTEM_ENVIRONMENT, kinds=[MONTH_DROPPED.name], outcome="done", limit=1))


def _ledgers() -> Iterator[Ledger]:
    for path in settings.AUDIT_RECONCILED:
        yield from import_string(path)


def _differences(environment_id: UUID, ledger: Ledger) -> list[Difference]:
    with in_environment(environment_id):
        kept, furnished = Counter(ledger.kept()), set(ledger.furnished())
    told, unreadable = _told(environment_id, ledger)
    rows = [trace for trace in (kept - told) if trace not in furnished]
    unkept = unreadable if ledger.rows_may_go else [*(told - kept), *unreadable]
    return [
        *(Difference(environment_id, ledger.name, trace, is_row=True) for trace in sorted(rows)),
        *(Difference(environment_id, ledger.name, trace, is_row=False) for trace in sorted(unkept)),
    ]


def _told(environment_id: UUID, ledger: Ledger) -> tuple[Counter[str], list[str]]:
    """Return what the entries tell, and which of them do not say what their kind says: nobody may hide behind these."""
    try:
        return Counter(ledger.told(_entries(environment_id, ledger))), []
    except _UNREADABLE:
        readable, unreadable = [], []
        for entry in _entries(environment_id, ledger):
            try:
                list(ledger.told([entry]))
            except _UNREADABLE:
                unreadable.append(f"what entry {entry.id} should say")
            else:
                readable.append(entry)
        return Counter(ledger.told(readable)), unreadable


def _entries(environment_id: UUID, ledger: Ledger) -> Iterator[EntryView]:
    return queries.every_entry(environment_id=environment_id, kinds=ledger.kinds, outcome="done")
