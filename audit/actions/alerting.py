"""Keeping what rules found: an alert is one row however often it is found, and opens one finding."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from audit.actions.containing import DUE
from audit.actions.rationing import rationed
from audit.actors import SYSTEM
from audit.analysis import rule
from audit.analysis.rule import MOST_EVIDENCE
from audit.analysis.sources import detections
from audit.events import FINDING_OPENED
from audit.models import Alert, Finding
from audit.recorder import append

_CHANGING = ["count", "nats", "why", "evidence", "at"]


def keep_alerts(
    found: Sequence[rule.Alert], *, environment_id: UUID, now: datetime, containing: Collection[str] = ()
) -> list[Finding]:
    """Keep alerts, and open a finding for each that reached its threshold; return the new findings.

    Of one rule these are so many in an hour, and one that says how many more there are (`rationing`).
    What the rules in `containing` find is to be stopped: that is due from the moment that the finding is there, and
    again when it grows, until somebody has decided about it; what follows that is told anew, and people stop it.
    It runs inside the transaction that moves the cursor on.
    """
    if not found:
        return []
    first_told = {each.id for each in found}
    found = _after_decisions(found)
    known = {each.id: each for each in Alert.objects.select_for_update().filter(id__in=[each.id for each in found])}
    over_days = {each.id for each in detections() if each.batch is not None}
    rows = [_row(each, known.get(each.id), environment_id, is_repeated=each.rule in over_days) for each in found]
    Alert.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=_CHANGING)
    raised = [each for each in rows if each.count >= each.threshold]
    open_already = set(Finding.objects.filter(id__in=[each.id for each in raised]).values_list("id", flat=True))
    grown = [
        each.id
        for each in raised
        if each.id in open_already and each.rule in containing and known[each.id].evidence != each.evidence
    ]
    undecided = Finding.objects.filter(id__in=grown, decided_at=None).exclude(containment="")
    undecided.update(containment=DUE)
    new = [each for each in raised if each.id not in open_already]
    opening, standing = rationed(new, environment_id=environment_id, now=now, containing=containing)
    open_already |= set(Finding.objects.filter(id__in=[each.id for each in standing]).values_list("id", flat=True))
    return [
        _open(
            each,
            environment_id,
            now,
            is_stopped=each.action == "contain" and each.rule in containing and each.id in first_told,
        )
        for each in [*opening, *standing]
        if each.id not in open_already
    ]


def _after_decisions(found: Sequence[rule.Alert]) -> list[rule.Alert]:
    """Return alerts under the ids that they have now: what comes after a decision belongs to a finding of its own.

    Otherwise whoever was explained in the morning could go on all day, or all month, where a rule has so long a window.
    """
    settled: list[rule.Alert] = []
    waiting = list(found)
    while waiting:
        ids = [each.id for each in waiting]
        made = Finding.objects.filter(id__in=ids).values_list("id", "decided_at")
        decided = {finding: at.isoformat() for finding, at in made if at is not None}
        shown = dict(Alert.objects.filter(id__in=decided).values_list("id", "evidence"))
        moved = []
        for each in waiting:
            told = shown.get(each.id)
            if told is None or all(str(index) in told for index in each.evidence):
                settled.append(each)
                continue
            # The id follows from the decision, so that it is the same one however often this is found.
            scope = f"{each.id} {decided[each.id]}"
            new = rule.alert_id(each.rule, each.version, each.key, each.window_start, scope=scope)
            moved.append(replace(each, id=new))
        waiting = moved
    return settled


def _row(alert: rule.Alert, known: Alert | None, environment_id: UUID, *, is_repeated: bool) -> Alert:
    evidence = {str(index): str(entry_id) for index, entry_id in alert.evidence.items()}
    count, nats, why = alert.count, alert.nats, dict(alert.why)
    if known is not None:
        # A day is looked at again and again as a whole; single accesses are looked at once.
        count = max(known.count, count) if is_repeated else known.count + count
        nats = max(known.nats, nats)
        fresh = [each for each in evidence if each not in known.evidence]
        room = max(0, MOST_EVIDENCE - len(known.evidence))
        evidence = known.evidence | {each: evidence[each] for each in fresh[:room]}
        why = known.why | why
    return Alert(
        id=alert.id,
        environment_id=environment_id,
        rule=alert.rule,
        version=alert.version,
        severity=alert.severity,
        action=alert.action,
        key=alert.key,
        window_start=alert.window_start,
        threshold=alert.threshold,
        count=count,
        nats=nats,
        actor=alert.actor,
        actor_kind=alert.actor_kind,
        grant=alert.grant,
        subject=alert.subject,
        why=why,
        evidence=evidence,
        at=alert.at,
    )


def _open(alert: Alert, environment_id: UUID, now: datetime, *, is_stopped: bool) -> Finding:
    finding = Finding.objects.create(
        id=alert.id,
        environment_id=environment_id,
        opened_at=now,
        containment=DUE if is_stopped else "",
    )
    append(
        FINDING_OPENED,
        environment_id=environment_id,
        actor=SYSTEM,
        facts={
            "finding": finding.id,
            "detection": alert.rule,
            "severity": alert.severity,
            "state": finding.state,
            "entries": sorted(map(int, alert.evidence)),
        },
    )
    return finding
