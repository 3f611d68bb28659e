"""Limits of an access policy: how often one caller executes something it protects, and how much one execution gives.

Only the policy that something names itself has a say, or else the environment's baseline; limits of a policy's parts
decide nothing, as the wire contract has it. They are counted per accessor, mutator or token policy, and per
authenticated caller: what a caller says about itself cannot split the count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance import counting
from governance.authorization import Clearance
from governance.errors import Invalid, TooMuch, TooOften

SHORTEST_SECONDS, LONGEST_SECONDS = 5, 60
MOST = 1_000_000

_NUMBERS = ("max_executions", "max_execution_duration_seconds", "max_results_per_execution")
_FLAGS = ("announce_max_execution_failure", "announce_max_result_failure")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of one policy; 0 is none. A limit that is not announced gives nothing instead of an error."""

    max_executions: int = 0
    max_execution_duration_seconds: int = 0
    max_results_per_execution: int = 0
    announce_max_execution_failure: bool = False
    announce_max_result_failure: bool = False

    def __bool__(self) -> bool:
        return bool(self.max_executions or self.max_results_per_execution)

    def allow_execution(self, kind: str, resource_id: UUID, clearance: Clearance, *, now: datetime) -> bool:
        """Count one execution; False where the caller has used up the window.

        Raises:
            LimitUnknown: the counter does not answer; nobody gets past a limit that cannot be counted.
        """
        if not self.max_executions:
            return True
        seconds = self.max_execution_duration_seconds
        return counting.spend(
            *counted(kind, resource_id, clearance),
            bucket=int(now.timestamp()),
            buckets=seconds,
            allowance=self.max_executions,
            seconds=seconds + 1,
        )

    def allow_results(self, count: int) -> bool:
        """Whether one execution may give or change so much."""
        return not self.max_results_per_execution or count <= self.max_results_per_execution

    def too_often(self, clearance: Clearance) -> TooOften:
        """The announced refusal of one execution too many."""
        return TooOften(
            "The limit of executions is reached.",
            decision_id=clearance.decision_id,
            reasons=(self.often_reason,),
            wait=self.max_execution_duration_seconds,
            remedy="Wait, then call again.",
        )

    def too_much(self, clearance: Clearance) -> TooMuch:
        """The announced refusal of an execution that would give or change too much."""
        return TooMuch(
            "This would be more results than one execution may have.",
            decision_id=clearance.decision_id,
            reasons=(self.much_reason,),
            remedy="Select fewer.",
        )

    @property
    def often_reason(self) -> str:
        return f"limit: {self.max_executions} executions in {self.max_execution_duration_seconds} seconds are used up"

    @property
    def much_reason(self) -> str:
        return f"limit: {self.max_results_per_execution} results in one execution"


NO_THRESHOLDS = Thresholds()


def read_thresholds(given: Mapping[str, Any]) -> Thresholds:
    """Read the limits of a policy as the wire contract has them; absent ones are none.

    Raises:
        Invalid: a limit that nobody knows, which would be stored and ignored; or one that makes no sense.
    """
    lowered = {str(name).lower(): value for name, value in given.items()}
    for name in lowered:
        if name not in {*_NUMBERS, *_FLAGS}:
            raise Invalid(
                "Thresholds have a key that is no limit.",
                field="thresholds",
                remedy=f"Known: {', '.join((*_NUMBERS, *_FLAGS))}.",
            )
    read: dict[str, Any] = {name: _number(name, lowered.get(name)) for name in _NUMBERS}
    found = Thresholds(**read, **{name: _flag(name, lowered.get(name)) for name in _FLAGS})
    seconds = found.max_execution_duration_seconds
    if found.max_executions and not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise Invalid(
            f"The window of executions lasts {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds.",
            field="thresholds.max_execution_duration_seconds",
        )
    return found


def thresholds_of(stored: Mapping[str, Any]) -> Thresholds:
    """Read what `written` stored."""
    return Thresholds(**stored) if stored else NO_THRESHOLDS


def written(thresholds: Thresholds) -> dict[str, Any]:
    """Write limits as the wire contract and the database have them: every key."""
    return {name: getattr(thresholds, name) for name in (*_FLAGS, *_NUMBERS)}


def counted(kind: str, resource_id: UUID, clearance: Clearance) -> tuple[object, ...]:
    """Name what is counted: something of the environment, and who calls it."""
    caller = clearance.caller
    return (clearance.environment_id, kind, resource_id, caller.kind, caller.id)


def _number(name: str, value: object) -> int:
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= MOST:
        raise Invalid(f"This has to be a whole number from 0 to {MOST}.", field=f"thresholds.{name}")
    return value


def _flag(name: str, value: object) -> bool:
    if value is not None and type(value) is not bool:
        raise Invalid("This has to be true or false.", field=f"thresholds.{name}")
    return bool(value)
