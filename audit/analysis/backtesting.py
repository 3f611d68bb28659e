"""What a rule would have found in a range of the book, before it is enabled. Nothing is kept and nobody is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from audit.analysis.engine import Engine
from audit.analysis.reading import sealed_on, tree_size
from audit.analysis.rule import Alert, Day, Detection
from audit.analysis.sources import facts_about
from keyring.walls import in_environment


@dataclass(frozen=True, slots=True)
class Backtest:
    """How many days and accesses were looked at, and which alerts would have been raised."""

    days: int
    accesses: int
    raised: list[Alert]


def backtest(
    rules: Sequence[Detection],
    *,
    environment_id: UUID,
    first: date,
    last: date,
    now: datetime,
    threshold: int | None = None,
    parameters: Mapping[str, float] | None = None,
) -> Backtest:
    """Run rules over the sealed entries from one day to another, both included, beginning without any memory.

    So rules that compare with somebody's earlier days need a range that begins some weeks before.
    """
    thresholds = {} if threshold is None else {each.id: threshold for each in rules}
    numbers = {each.id: parameters or {} for each in rules}
    engine = Engine(rules, thresholds=thresholds, parameters=numbers, scope=str(environment_id))
    size, accesses, day = tree_size(), 0, first
    while day <= last:
        with in_environment(environment_id):
            found = list(sealed_on(environment_id, day, below=size))
            engine.ctx.facts = facts_about(found, environment_id=environment_id, now=now)
        engine.close(Day(day, [engine.see(each) for each in found]))
        accesses += len(found)
        day += timedelta(days=1)
    return Backtest((last - first).days + 1, accesses, engine.raised())
