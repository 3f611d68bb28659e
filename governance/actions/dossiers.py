"""Breach dossiers as auditors work on them: begun with one click, gathered from the book, ended with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.actions import dossiers
from audit.analysis.dossiers import Gathered, gathered
from audit.errors import FindingNotFound, FindingRefused
from audit.events import DOSSIER_BEGUN, DOSSIER_ENDED, DOSSIER_READ, DOSSIER_TAKEN, EventKind
from audit.integrity.bundles import Bundle, bundled
from audit.models import Alert, BreachDossier, Finding
from audit.recorder import append
from governance.actions.clearing import cleared
from governance.actions.reading_findings import title_of
from governance.authorization import Clearance
from governance.errors import Invalid, NotFound
from governance.identities import Caller

MOST_PROOFS = 500
"""Entries that leave with a dossier, each with its proof; the others are named."""


@dataclass(frozen=True, slots=True)
class DossierView:
    """The dossier of a finding with what the book has of it."""

    finding: Finding
    alert: Alert
    dossier: BreachDossier
    gathered: Gathered


def begin_dossier(caller: Caller, *, finding_id: UUID, days: int, now: datetime) -> BreachDossier:
    """Look at a finding as a breach from now on; the clock begins."""
    with _stepping(caller, DOSSIER_BEGUN, now) as who:
        return dossiers.begin_dossier(**who, finding_id=finding_id, days=days, now=now)


def end_dossier(caller: Caller, *, finding_id: UUID, ending: str, comment: str, now: datetime) -> BreachDossier:
    """Say that the authority was notified, or why it need not be."""
    with _stepping(caller, DOSSIER_ENDED, now) as who:
        return dossiers.end_dossier(**who, finding_id=finding_id, ending=ending, comment=comment, now=now)


def read_dossier(caller: Caller, *, finding_id: UUID, now: datetime) -> DossierView:
    """Open the dossier of a finding with all it gathers; the book says so.

    Raises:
        Refused: the caller may not read the book; on record.
        NotFound: the finding has no dossier, or there is none.
    """
    with cleared(caller, "audit", DOSSIER_READ, now=now) as clearance:
        view = _view(finding_id)
        _record(DOSSIER_READ, caller, clearance, view, {})
    return view


def take_dossier(caller: Caller, *, finding_id: UUID, now: datetime) -> Bundle:
    """Hand out a dossier: whom it is about, which fields, and its entries with their proofs.

    Raises:
        Refused: the caller may not read the book; on record.
        NotFound: the finding has no dossier, or there is none.
    """
    with cleared(caller, "audit", DOSSIER_TAKEN, now=now) as clearance:
        view = _view(finding_id)
        entries = view.gathered.entries
        bundle = bundled(entries[:MOST_PROOFS], about=_about(view))
        _record(DOSSIER_TAKEN, caller, clearance, view, {"proofs": bundle.proofs})
    return bundle


def _view(finding_id: UUID) -> DossierView:
    dossier = BreachDossier.objects.filter(finding_id=finding_id).first()
    if dossier is None:
        raise NotFound("This finding has no dossier.", field="finding")
    alert = Alert.objects.get(id=finding_id)
    return DossierView(Finding.objects.get(id=finding_id), alert, dossier, gathered(dossier, alert))


def _about(view: DossierView) -> dict[str, Any]:
    found, dossier = view.gathered, view.dossier
    return {
        "dossier": str(dossier.id),
        "finding": str(view.finding.id),
        "detection": view.alert.rule,
        "title": title_of(view.alert),
        "actor": dossier.actor,
        "since": dossier.since.isoformat(),
        "aware_at": dossier.aware_at.isoformat(),
        "notify_until": dossier.due_at.isoformat(),
        "state": dossier.state,
        "people": found.people,
        "people_not_named": found.unnamed,
        "fields": found.fields,
        "purposes": found.purposes,
        "accessors": found.accessors,
        "grants": found.grants,
        "is_whole": found.is_whole,
        "further_entries": [str(each.id) for each in found.entries[MOST_PROOFS:]],
    }


@contextmanager
def _stepping(caller: Caller, event: EventKind, now: datetime) -> Iterator[dict[str, Any]]:
    with cleared(caller, "audit", event, now=now):
        try:
            yield {"actor": caller.actor, "environment_id": caller.environment_id}
        except FindingNotFound:
            raise NotFound("There is no such finding.", field="finding") from None
        except FindingRefused as refused:
            raise Invalid(str(refused), field=refused.field) from None


def _record(event: EventKind, caller: Caller, clearance: Clearance, view: DossierView, more: dict[str, Any]) -> None:
    told = {
        "finding": view.finding.id,
        "detection": view.alert.rule,
        "state": view.finding.state,
        "dossier": view.dossier.id,
        "entries": len(view.gathered.entries),
        "people": len(view.gathered.people),
    }
    append(
        event,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts=told | more,
        decision_id=clearance.decision_id,
    )
