"""Setting how rules run in one environment, once a backtest told what they would find."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.analysis.detections import tampering
from audit.analysis.rule import Detection
from audit.analysis.sources import detections
from audit.errors import FindingRefused, SettingMoved
from audit.models import BacktestRun, DetectionSetting

STANDS_FOR = timedelta(days=30)
"""For how long a backtest tells what a rule would find."""


def rule_named(detection: str) -> Detection:
    """Return a rule by its id; raises `FindingRefused` where there is none."""
    rule = next((each for each in detections() if each.id == detection), None)
    if rule is None:
        raise FindingRefused("There is no such rule.", field="detection")
    return rule


def set_detection(
    *,
    environment_id: UUID,
    detection: str,
    is_enabled: bool,
    is_containing: bool,
    threshold: int | None,
    parameters: Mapping[str, float],
    revision: int | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Have a rule run with other numbers, or not at all, and return what the book has to say of it.

    It runs inside that environment, in the transaction in which whoever calls appends that to the book. What makes a
    rule find more or other things than it does now takes a backtest of exactly that; switching it off takes none, and
    is found by the analysis itself (D34). `revision` is which setting whoever asks has seen; None looks at none.

    Raises:
        SettingMoved: the rule was set since.
        FindingRefused: no such rule, it is the one that watches the others, bad numbers, no backtest.
    """
    rule = rule_named(detection)
    if rule.id == tampering.ID:
        raise FindingRefused("This rule watches the others: it runs as it is.", field="detection")
    if is_containing and rule.action != "contain":
        raise FindingRefused("Nothing is stopped because of this rule.", field="is_containing")
    chosen = checked(rule, threshold, parameters)
    setting = _setting(detection, environment_id)
    if revision is not None and revision != setting.revision:
        raise SettingMoved(
            f"Somebody has set this rule meanwhile: revision {setting.revision} holds, not {revision}.",
            field="revision",
        )
    former_threshold, former = setting.threshold or rule.threshold, dict(setting.parameters)
    threshold = None if threshold == rule.threshold else threshold
    asked = (threshold or rule.threshold, chosen)
    is_new = asked != (former_threshold, former) or (is_containing and not setting.is_containing)
    tested = None
    if is_enabled and (is_new or not setting.is_enabled):
        tested = _tested(rule, *asked, now=now)
    has_contained = setting.is_containing
    setting.is_enabled, setting.is_containing = is_enabled, is_containing and is_enabled
    setting.threshold, setting.parameters, setting.revision = threshold, chosen, setting.revision + 1
    setting.save(update_fields=["is_enabled", "is_containing", "threshold", "parameters", "revision"])
    changed = sorted(name for name in former.keys() | chosen.keys() if former.get(name) != chosen.get(name))
    own = {each.name: each.default for each in rule.parameters}
    told = [f"{name}={chosen.get(name, own.get(name)):g}" for name in changed]
    return {
        "detection": detection,
        "enabled": is_enabled,
        "threshold": asked[0],
        "former_threshold": former_threshold,
        "own_threshold": rule.threshold,
        "parameters": [*told, "contains=0"] if has_contained and not setting.is_containing else told,
        "contains": setting.is_containing,
        "backtest": tested.id if tested else None,
    }


def checked(rule: Detection, threshold: int | None, parameters: Mapping[str, float]) -> dict[str, float]:
    """Return the numbers that differ from the rule's own; raises `FindingRefused` for one that makes no sense."""
    if threshold is not None and not 1 <= threshold <= 10_000:
        raise FindingRefused("A threshold is 1 to 10000.", field="threshold")
    known = {each.name: each for each in rule.parameters}
    for name, value in parameters.items():
        if name not in known:
            said = ", ".join(known) or "none"
            raise FindingRefused(f"The rule has no such number; it has {said}.", field="parameters")
        least, most = known[name].least, known[name].most
        if not least <= value <= most:  # what is no number is refused as well
            raise FindingRefused(f"{name} is {least:g} to {most:g}.", field="parameters")
    return {name: float(value) for name, value in parameters.items() if value != known[name].default}


def _setting(detection: str, environment_id: UUID) -> DetectionSetting:
    """Return the row of a rule, locked; it is made in the environment of the transaction where there is none."""
    found = DetectionSetting.objects.select_for_update().filter(detection=detection).first()
    if found is not None:
        return found
    row = DetectionSetting(environment_id=environment_id, detection=detection)
    DetectionSetting.objects.bulk_create([row], ignore_conflicts=True)
    return DetectionSetting.objects.select_for_update().get(detection=detection)


def _tested(rule: Detection, threshold: int, parameters: Mapping[str, float], *, now: datetime) -> BacktestRun:
    done = BacktestRun.objects.filter(
        detection=rule.id,
        version=rule.version,
        threshold=threshold,
        parameters=parameters,
        finished_at__gte=now - STANDS_FOR,
    )
    found = done.order_by("-finished_at").first()
    if found is None:
        raise FindingRefused(
            "Run a backtest of this rule with exactly these numbers first: nothing tells what it would find.",
            field="backtest",
        )
    return found
