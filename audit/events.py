"""The vocabulary of the book: which events exist and which facts each may carry.

Every app declares its own in its `events.py`. A fact that was not declared is refused, so nothing gets into the book
by accident.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from audit.errors import EventRefused

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
_FIELD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event: its name, and the names of the facts it may carry."""

    name: str
    fields: frozenset[str]

    def __str__(self) -> str:
        return self.name


_declared: dict[str, EventKind] = {}


def event(name: str, *fields: str) -> EventKind:
    """Declare an event once; a second declaration of its name raises `EventRefused`.

    The name reads `thing.what_happened`. The field `subjects`, where declared, holds the fingerprint handles of the
    people concerned: entries can be found by it.
    """
    if not _NAME.fullmatch(name):
        raise EventRefused(f"the name of an event reads like 'accessor.executed': {name!r} does not")
    for field in fields:
        if not _FIELD.fullmatch(field):
            raise EventRefused(f"the name of a fact is a lower-case identifier: {field!r} of {name} is not")
    if len(set(fields)) != len(fields):
        raise EventRefused(f"{name} names a fact twice")
    if name in _declared:
        raise EventRefused(f"{name} is declared already")
    kind = _declared[name] = EventKind(name, frozenset(fields))
    return kind


def declared() -> Mapping[str, EventKind]:
    """Return every declared event by name, a live read-only view."""
    return MappingProxyType(_declared)


BOOK_READ = event("audit.read", "filters", "returned", "door")
"""Somebody read the book: which filters (names, not values) and how many entries came back."""

BOOK_EXPORTED = event("audit.exported", "environment", "since", "size")
"""The book left with its tree: of which environment the bodies (null for all), since which entry, up to which size."""

VIEW_EXPORTED = event(
    "audit.view_exported", "filters", "kinds", "outcome", "actor", "since", "until", "form", "entries", "size", "door"
)  # fmt: skip
"""Entries left as a file: how many of how large a tree, by which filters; whose handle was asked for is not said."""

BOOK_CHECK_ASKED = event("audit.check_asked", "verification", "since", "size", "reasons")
BOOK_CHECKED = event("audit.checked", "size", "verification", "since", "verdict", "first_bad")
"""Every entry of the book, or those since one, was compared with its tree, where it lies.

What a verification came to stands beside its id; the command tells it to whoever runs it.
"""

BOOK_COUNTED_ANEW = event("audit.counted_anew", "months", "entries", "size")
"""The hourly counts of an environment were made anew: of which months, from how many entries among how many places."""

PARTITIONS_MADE = event("audit.partitions_made", "partitions")

COMPANY_SIMULATED = event("audit.company_simulated", "seed", "days", "staff")
"""What follows, up to as many days, was done by nobody: a company was simulated in this environment."""

BOOK_PROBED = event("audit.probed")
"""Written and rolled back by the readiness check; no such entry ever stays."""

INTEGRITY_DOUBTED = event("audit.integrity_doubted", "reason")
"""A witness has seen another book than this one."""

MONTH_HELD = event("audit.month_held", "month", "matter", "hold")
MONTH_RELEASED = event("audit.month_released", "month", "matter", "hold", "reference")
"""What it was held for, and under which reference it was let go."""

MONTH_DROPPED = event("audit.month_dropped", "month", "entries", "first", "last")
"""The bodies of a month go: how many, and their places in the tree, whose leaves stay. Not done: nothing went."""

_FINDING = ("finding", "detection", "severity", "state", "owner", "reasons")
FINDING_OPENED = event("finding.opened", *_FINDING, "entries")
FINDING_ASSIGNED = event("finding.assigned", *_FINDING)
FINDING_DECIDED = event("finding.decided", *_FINDING)
FINDING_COMMENTED = event("finding.commented", *_FINDING)
"""What was written is sealed beside the book."""
FINDING_CONTAINED = event("finding.contained", *_FINDING, "actor", "grant")
WORK_EXPECTED = event("finding.work_expected", *_FINDING, "expectation", "until", "scope")
DETECTION_SET = event(
    "detection.set", "detection", "enabled", "threshold", "former_threshold", "own_threshold", "parameters", "contains",
    "backtest", "reasons",
)  # fmt: skip
"""A rule runs with other numbers from now on, contains what it finds or does so no more, or does not run at all.

`parameters` are those that changed, `name=value`; `backtest` is the one that told before what it would find.
"""
_BACKTEST = ("backtest", "detection", "version", "threshold", "first", "last", "reasons")
BACKTEST_ASKED = event("detection.backtest_asked", *_BACKTEST)
DETECTION_BACKTESTED = event("detection.backtested", *_BACKTEST, "entries", "alerts")
FINDINGS_LISTED = event("finding.listed", "door", "reasons")
FINDING_READ = event("finding.read", *_FINDING, "entries")
"""With the entries that it rests on: how many."""
FINDING_BUNDLED = event("finding.bundled", *_FINDING, "entries", "proofs")
"""A finding left with the entries that it rests on and their proofs: how many of each."""
EXPECTATION_ENDED = event("finding.expectation_ended", *_FINDING, "expectation", "until")
"""What was expected is expected no longer; `until` is the day that it had been expected until."""
DOSSIER_BEGUN = event("finding.dossier_begun", *_FINDING, "dossier", "until")
"""A finding is looked at as a breach; until when the authority has to know."""
DOSSIER_READ = event("finding.dossier_read", *_FINDING, "dossier", "entries", "people")
DOSSIER_TAKEN = event("finding.dossier_taken", *_FINDING, "dossier", "entries", "people", "proofs")
"""How many entries and people it has, and how many proofs left with it."""
DOSSIER_DUE = event("finding.dossier_due", *_FINDING, "dossier", "until")
"""Those in charge are told that the time of one runs out."""
DOSSIER_ENDED = event("finding.dossier_ended", *_FINDING, "dossier", "ending")
