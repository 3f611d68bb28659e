"""Rules are loaded only if their own cases say that they work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from audit.analysis.accesses import Access
from audit.analysis.engine import BROKEN, Engine, days_of
from audit.analysis.rule import Case, Detection
from audit.errors import DetectionRefused

_FIELDS = frozenset(field.name for field in fields(Access))


def loaded(detections: Sequence[Detection]) -> tuple[Detection, ...]:
    """Return the rules; raises `DetectionRefused` for one that does not keep what it says of itself."""
    ids = [each.id for each in detections]
    if len(set(ids)) != len(ids):
        raise DetectionRefused("two rules have the same id")
    for each in detections:
        _look_at(each)
    return tuple(detections)


def fires(detection: Detection, case: Case) -> bool:
    """Say whether a rule alone raises an alert over a case. Raises `DetectionRefused` where it fails."""
    engine = Engine([detection], facts=case.facts())
    days_of(case.accesses, engine)
    raised = engine.raised()
    for alert in raised:
        if alert.rule == BROKEN:
            raise DetectionRefused(f"{detection.id} fails over '{case.name}' with {alert.why['error']}")
    return bool(raised)


def _look_at(detection: Detection) -> None:
    where = detection.id
    if (detection.rule is None) == (detection.batch is None):
        raise DetectionRefused(f"{where} looks at single accesses or at days, one of the two")
    if not detection.title or not detection.runbook:
        raise DetectionRefused(f"{where} needs a title and a runbook")
    if detection.version < 1 or detection.threshold < 1 or detection.dedup_minutes < 1:
        raise DetectionRefused(f"{where}: version, threshold and window are at least 1")
    unknown = set(detection.needs) - _FIELDS
    if unknown or not detection.needs:
        raise DetectionRefused(f"{where} names the fields of an access that it needs: {sorted(unknown)} are none")
    if {case.fires for case in detection.tests} != {True, False}:
        raise DetectionRefused(f"{where} needs a case in which it fires and one in which it does not")
    for case in detection.tests:
        if fires(detection, case) is not case.fires:
            raise DetectionRefused(f"{where} {'fires' if not case.fires else 'is silent'} over '{case.name}'")
