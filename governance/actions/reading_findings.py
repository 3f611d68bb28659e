"""Findings as auditors read them: each look is on record, since it shows who is asked about, and comments on people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.analysis.sources import detections
from audit.events import DOSSIER_READ, FINDING_BUNDLED, FINDING_READ, FINDINGS_LISTED, EventKind, declared
from audit.integrity.bundles import Bundle, bundled
from audit.models import Alert, BreachDossier, ExpectedWork, Finding, FindingComment
from audit.queries import EntryView, entries, entries_of
from audit.recorder import append
from governance.actions.clearing import cleared
from governance.authorization import Clearance
from governance.errors import NotFound
from governance.identities import Caller

MOST_STEPS = 200
"""Steps that a timeline shows, the newest ones."""
_BEFORE = timedelta(hours=1)
"""So far the clocks of a worker and of the database may be apart."""
_LOOKS = frozenset({FINDING_READ.name, FINDINGS_LISTED.name, DOSSIER_READ.name})


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with its alert, the entries it rests on, what was done and written, and what is expected because of it.

    `evidence` has the place in the tree and the id of each entry, and the entry where it is still there.
    """

    finding: Finding
    alert: Alert
    evidence: Sequence[tuple[int, UUID, EntryView | None]]
    steps: Sequence[EntryView]
    comments: Sequence[tuple[FindingComment, str]]
    expected: Sequence[ExpectedWork]
    dossier: BreachDossier | None

    @property
    def title(self) -> str:
        """What its rule calls it."""
        return title_of(self.alert)


def title_of(alert: Alert) -> str:
    """Return what the rule of an alert calls what it found."""
    return next((each.title for each in detections() if each.id == alert.rule), "A rule failed")


def must_see_findings(caller: Caller, *, door: str, now: datetime) -> None:
    """Let a caller list findings, on record; `door` is the way in (api, console).

    Raises:
        Refused: the caller may not read the book; on record.
    """
    with cleared(caller, "audit", FINDINGS_LISTED, now=now) as clearance:
        append(
            FINDINGS_LISTED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"door": door},
            decision_id=clearance.decision_id,
        )


def read_finding(caller: Caller, *, finding_id: UUID, now: datetime) -> FindingView:
    """Open a finding with its entries; the book says so.

    Raises:
        Refused: the caller may not read the book; on record.
        NotFound: there is no such finding.
    """
    with cleared(caller, "audit", FINDING_READ, now=now) as clearance:
        finding, alert = _found(finding_id)
        evidence = _evidence(alert)
        _record(FINDING_READ, caller, clearance, alert, finding, {"entries": len(evidence)})
        written = FindingComment.objects.filter(finding_id=finding_id).order_by("written_at")
        return FindingView(
            finding,
            alert,
            evidence,
            _steps(finding),
            [(each, str(each.text.reveal())) for each in written if each.text is not None],
            list(ExpectedWork.objects.filter(finding_id=finding_id, until__gt=now).order_by("until")),
            BreachDossier.objects.filter(finding_id=finding_id).first(),
        )


def take_bundle(caller: Caller, *, finding_id: UUID, now: datetime) -> Bundle:
    """Hand out the entries that a finding rests on with their proofs; what was written about it stays here, sealed.

    Raises:
        Refused: the caller may not read the book; on record.
        NotFound: there is no such finding.
    """
    with cleared(caller, "audit", FINDING_BUNDLED, now=now) as clearance:
        finding, alert = _found(finding_id)
        evidence = _evidence(alert)
        bundle = bundled((each for _, _, each in evidence if each is not None), about=_about(finding, alert, evidence))
        told = {"entries": bundle.entries, "proofs": bundle.proofs}
        _record(FINDING_BUNDLED, caller, clearance, alert, finding, told)
    return bundle


def _about(finding: Finding, alert: Alert, evidence: Sequence[tuple[int, UUID, EntryView | None]]) -> dict[str, Any]:
    return {
        "finding": str(finding.id),
        "detection": alert.rule,
        "version": alert.version,
        "title": title_of(alert),
        "severity": alert.severity,
        "state": finding.state,
        "opened_at": finding.opened_at.isoformat(),
        "actor": alert.actor,
        "subject": alert.subject,
        "why": alert.why,
        "not_kept_any_more": [str(entry_id) for _, entry_id, each in evidence if each is None],
    }


def _found(finding_id: UUID) -> tuple[Finding, Alert]:
    finding = Finding.objects.filter(id=finding_id).first()
    if finding is None:
        raise NotFound("There is no such finding.", field="finding")
    return finding, Alert.objects.get(id=finding_id)


def _evidence(alert: Alert) -> list[tuple[int, UUID, EntryView | None]]:
    named = sorted((int(index), UUID(entry_id)) for index, entry_id in alert.evidence.items())
    known = entries_of(environment_id=alert.environment_id, ids=[entry_id for _, entry_id in named])
    return [(index, entry_id, known.get(entry_id)) for index, entry_id in named]


def _steps(finding: Finding) -> list[EntryView]:
    """Return what was done about a finding, the oldest first."""
    kinds = [name for name in declared() if name.startswith("finding.") and name not in _LOOKS]
    since = finding.opened_at - _BEFORE
    found = entries(
        environment_id=finding.environment_id, kinds=kinds, naming=finding.id, since=since, limit=MOST_STEPS
    )
    return found[::-1]


def _record(
    event: EventKind, caller: Caller, clearance: Clearance, alert: Alert, finding: Finding, more: dict[str, Any]
) -> None:
    append(
        event,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts={"finding": finding.id, "detection": alert.rule, "state": finding.state} | more,
        decision_id=clearance.decision_id,
    )
