"""Records work on rows one after another, and a record that fails, wherever it does, leaves every row as it was.

Values are handed to the code together with the rows of their keys, and what it makes of them comes back. Where a record
fails behind that, what the records after it made rests on rows that never were, and they are worked on again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from dataflow.deadletters.concealing import Unreadable
from dataflow.functions.protocol import Failed
from dataflow.inline.folding import Folded, Folding
from dataflow.inline.running import AT_ONCE
from dataflow.packages.folders import snake
from dataflow.planning.plan import Step
from dataflow.running.journey import FAILED, SUCCEEDED, Item, Journey, Sink
from dataflow.running.ledger import Ledger
from dataflow.running.rows import checker, key_of, seen_rows
from dataflow.schemas.blanks import fitted
from dataflow.schemas.unfit import ValueUnfit
from dataflow.store.protocol import StoreAway

Ask = Callable[[Folding], list[Any]]
"""Has the code work on values: `Folded` for the first of them, up to one that is `Failed`."""
Record = Sequence[Item]
"""What is left of one message here: one value or more."""


@dataclass(slots=True)
class Worked:
    """What the code made of a record: values that go on, and rows by state."""

    record: Record
    passed: list[Item]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)


class Fold:
    """`update-state` of one service."""

    def __init__(
        self,
        step: Step,
        counter: str,
        *,
        ask: Ask,
        arguments: Callable[[Sequence[Item]], list[list[Any]]],
        answered: Callable[[Item, Any], list[Item]],
    ) -> None:
        """Have what it works with.

        Args:
            arguments: what the code is called with, for each value.
            answered: what goes on where the code answers something; raises `ValueUnfit`.
        """
        self._step, self._counter, self._ask = step, counter, ask
        self._arguments, self._answered = arguments, answered
        self._states = {snake(each.name): each for each in step.changes}
        self._checks = {name: checker(each) for name, each in self._states.items()}

    def run(self, items: Sequence[Item], journeys: list[Journey], ledger: Ledger, sink: Sink) -> None:
        """Work on all values, record by record, and give what comes of them to the sinks."""
        records = self._records(items, journeys)
        at, size, alone_until = 0, AT_ONCE, 0
        while at < len(records):
            some = records[at : at + (1 if at < alone_until else size)]
            worked, failure = self._worked(some, ledger)
            if not worked and not failure:
                alone_until = at + len(some)  # it ended on one of them
                continue
            settled = self._settle(worked, journeys, ledger, sink)
            at += settled
            if settled < len(worked) or (worked and journeys[worked[-1].record[0].owner].failure):
                size = max(1, size // 2)  # what was made behind the one that failed is made again
                continue
            size = min(AT_ONCE, size * 2) if settled == len(some) else max(1, size // 2)
            if failure:
                self._fail(records[at][0].owner, journeys, failure)
                at += 1

    def _records(self, items: Sequence[Item], journeys: list[Journey]) -> list[Record]:
        """Return what is left of each message; one whose key is none fails."""
        for item in items:
            try:
                item.key = key_of(item.key)
            except ValueUnfit as unfit:
                if not journeys[item.owner].failure:
                    self._fail(item.owner, journeys, str(unfit))
        left = [each for each in items if not journeys[each.owner].failure]
        return [tuple(group) for _, group in groupby(left, key=lambda each: each.owner)]

    def _worked(self, records: Sequence[Record], ledger: Ledger) -> tuple[list[Worked], str]:
        """Return what the code makes of the first records, and why the one behind them failed, if it did.

        Nothing of both is where one of several ended it all: each is asked for alone then.
        """
        try:
            return self._asked(records, ledger)
        except Unreadable:
            return [], "" if len(records) > 1 else "its row cannot be opened"

    def _asked(self, records: Sequence[Record], ledger: Ledger) -> tuple[list[Worked], str]:
        items = [item for record in records for item in record]
        keys = [item.key for item in items]
        rows = {
            name: {key: None if row is None else fitted(state.row, row) for key, row in now.items()}
            for name, state in self._states.items()
            for now in (ledger.now(state.table, keys),)
        }
        owners, reads = [item.owner for item in items], seen_rows(self._step, items, ledger)
        try:
            answers = iter(self._ask(Folding(owners, keys, self._arguments(items), reads, rows)))
        except StoreAway:
            raise
        except Exception as error:  # what it was given cannot be told to the code
            return [], "" if len(records) > 1 else type(error).__name__
        worked: list[Worked] = []
        for record in records:
            told = [answer for _, answer in zip(record, answers, strict=False)]
            failed = next((each for each in told if isinstance(each, Failed)), None)
            if failed is not None:
                return worked, failed.why
            if len(told) < len(record):
                break
            try:
                worked.append(self._made(record, told))
            except ValueUnfit as unfit:
                return worked, str(unfit)
        return worked, ""

    def _made(self, record: Record, answers: Sequence[Folded]) -> Worked:
        made = Worked(record, [])
        for item, told in zip(record, answers, strict=True):
            for name, row in told.rows.items():
                if name in self._checks:
                    made.rows.setdefault(name, {})[item.key] = self._checks[name](row)
            if told.answer is not None:
                made.passed += self._answered(item, told.answer)
        return made

    def _settle(self, worked: Sequence[Worked], journeys: list[Journey], ledger: Ledger, sink: Sink) -> int:
        """Give what goes on to the sinks; return how many records are done, up to the first that fails there."""
        owners = [each.record[0].owner for each in worked]
        before = [(len(journeys[each].outputs), len(journeys[each].counts)) for each in owners]
        for owner in owners:
            journeys[owner].counts.append((self._counter, SUCCEEDED))
        sink([item for each in worked for item in each.passed], journeys)
        for number, (owner, one) in enumerate(zip(owners, worked, strict=True)):
            journey = journeys[owner]
            journey.failure = journey.failure or next(filter(None, map(ledger.refuses, journey.outputs)), "")
            if journey.failure:
                for other, (outputs, counts) in zip(owners[number + 1 :], before[number + 1 :], strict=True):
                    later = journeys[other]
                    del later.outputs[outputs:], later.counts[counts:]
                    later.failure = ""
                return number + 1
            for name, rows in one.rows.items():
                ledger.put(self._states[name].table, rows)
        return len(worked)

    def _fail(self, owner: int, journeys: list[Journey], why: str) -> None:
        journeys[owner].counts.append((self._counter, FAILED))
        journeys[owner].failure = f"{self._step.name}: {why}"
