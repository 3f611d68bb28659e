"""How the rules stand in one environment: which run, by which numbers, and what was told of them before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from audit.analysis.detections import tampering
from audit.analysis.rule import Detection
from audit.analysis.sources import detections
from audit.models import BacktestRun, DetectionSetting


@dataclass(frozen=True, slots=True)
class RuleState:
    """One rule as it runs here."""

    rule: Detection
    is_enabled: bool = True
    is_containing: bool = False
    threshold: int = 1
    set_numbers: Mapping[str, float] | None = None
    revision: int = 0
    """How often it was set here."""

    @property
    def values(self) -> dict[str, float]:
        """The numbers that it decides by, by their names."""
        return {each.name: each.default for each in self.rule.parameters} | dict(self.set_numbers or {})

    @property
    def is_changed(self) -> bool:
        """Whether it runs in another way than it does by itself."""
        return (
            not self.is_enabled or self.is_containing or self.threshold != self.rule.threshold or bool(self.set_numbers)
        )

    @property
    def can_be_set(self) -> bool:
        return self.rule.id != tampering.ID

    @property
    def can_contain(self) -> bool:
        return self.rule.action == "contain"


def rule_states() -> list[RuleState]:
    """Return all rules as they run in the environment of this transaction."""
    told = {each.detection: each for each in DetectionSetting.objects.exclude(detection=tampering.ID)}
    return [_state(rule, told.get(rule.id)) for rule in detections()]


def rule_state(detection: str) -> RuleState | None:
    """Return one rule as it runs here; None where there is none of that id."""
    return next((each for each in rule_states() if each.rule.id == detection), None)


def backtests_of(detection: str, *, most: int = 20) -> list[BacktestRun]:
    """Return the last backtests of a rule in this environment, the newest first."""
    return list(BacktestRun.objects.filter(detection=detection).order_by("-asked_at")[:most])


def backtest_numbered(run_id: UUID) -> BacktestRun | None:
    """Return one backtest of this environment."""
    return BacktestRun.objects.filter(id=run_id).first()


def _state(rule: Detection, told: DetectionSetting | None) -> RuleState:
    if told is None:
        return RuleState(rule, threshold=rule.threshold)
    threshold, numbers = told.threshold or rule.threshold, dict(told.parameters)
    return RuleState(rule, told.is_enabled, told.is_containing, threshold, numbers, told.revision)
