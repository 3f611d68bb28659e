"""Setting rules as officers do: a backtest first, and the book says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from audit.actions.backtests import ask_backtest, run_backtests
from audit.actions.detections import set_detection
from audit.events import DETECTION_SET
from audit.recorder import append
from keyring.walls import in_environment
from tests.audit.vocabulary import ENVIRONMENT, OFFICER


def backtested(
    detection: str, threshold: int | None = None, parameters: Mapping[str, float] | None = None, *, days: int = 7,
    environment_id: UUID = ENVIRONMENT,
) -> None:  # fmt: skip
    """Have a backtest of a rule asked for and done."""
    now = datetime.now(UTC)
    ask_backtest(
        actor=OFFICER, environment_id=environment_id, detection=detection, threshold=threshold,
        parameters=parameters or {}, days=days, now=now,
    )  # fmt: skip
    assert run_backtests(environment_id, now=now) == 1


def set_rule(detection: str, *, environment_id: UUID = ENVIRONMENT, **said: Any) -> dict[str, Any]:
    """Set a rule as the officer; what is not said is as the rule has it by itself."""
    asked = {"is_enabled": True, "is_containing": False, "threshold": None, "parameters": {}} | said
    with in_environment(environment_id):
        facts = set_detection(environment_id=environment_id, detection=detection, now=datetime.now(UTC), **asked)
        append(DETECTION_SET, environment_id=environment_id, actor=OFFICER, facts=facts)
    return facts
