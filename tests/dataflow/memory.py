"""An engine that forgets: for tests, and as the shortest reading of what engines promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dataflow.engines.frames import BREAK, Record
from dataflow.engines.protocol import Batch, Change, Done, Entry, Message, Outcome, Output, Row, Table, Whole


class Memory:
    """Topics as lists."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Record]] = {}
        self.counted: dict[str, dict[str, int]] = {}
        self.dead: list[tuple[str, str]] = []
        self.states: dict[tuple[Table, str], Any] = {}

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> MemoryIntake:  # noqa: ARG002  the protocol's
        return MemoryIntake(self, [topic for topic, _ in topics])

    def produce(self, topic: str, records: Sequence[Record]) -> int:
        self.topics.setdefault(topic, []).extend(records)
        return len(records)

    def consume(self, topic: str) -> Iterator[Message]:
        yield from (Message(str(number), *each) for number, each in enumerate(self.topics.get(topic, ())))

    def counters(self, flow: str) -> dict[str, dict[str, int]]:  # noqa: ARG002  the protocol's
        return self.counted

    def rows(self, flow: str, table: Table) -> Iterator[tuple[str, Any]]:  # noqa: ARG002  the protocol's
        yield from ((key, value) for (known, key), value in self.states.items() if known == table)


class MemoryIntake:
    is_ahead = False

    def __init__(self, engine: Memory, topics: Sequence[str]) -> None:
        self._engine, self._at = engine, dict.fromkeys(topics, 0)

    def take(self, *, most: int, wait: float) -> Batch | None:  # noqa: ARG002  the protocol's
        for topic, at in self._at.items():
            found = self._engine.topics.get(topic, [])[at : at + most]
            if found:
                self._at[topic] = at + len(found)
                return Batch(topic, [Entry(b"%d" % (at + n), None, (each,)) for n, each in enumerate(found)])
        return None

    def look_ahead(self, *, most: int) -> None:
        pass

    def renew(self) -> None:
        pass

    def rows(self, table: Table, keys: Sequence[str]) -> list[Row]:
        return [Row(self._engine.states.get((table, key))) for key in keys]

    def refuses(self, output: Output) -> str:  # noqa: ARG002  the protocol's
        return ""

    def committing(
        self, batch: Batch, outcomes: Sequence[Outcome], changes: Sequence[Change] = ()
    ) -> Callable[[], int]:
        def commit() -> int:
            for each in changes:
                if each.is_changed and each.value is None:
                    self._engine.states.pop((each.table, each.key), None)
                elif each.is_changed:
                    self._engine.states[each.table, each.key] = each.value
            for outcome in outcomes:
                for done in _each(outcome):
                    for name, field in done.counts:
                        one = self._engine.counted.setdefault(name, {})
                        one[field] = one.get(field, 0) + 1
                    for topic, key, value in done.outputs:
                        self._engine.produce(topic, [(key, value)])
                    if done.failure:
                        self._engine.dead.append((batch.topic, done.failure))
            return len(outcomes)

        return commit


def _each(outcome: Outcome) -> Sequence[Done]:
    if not isinstance(outcome, Whole):
        return outcome
    lines = outcome.lines.split(BREAK)
    return [Done(tuple(Output(to, None, line) for to in outcome.route.topics), outcome.route.counts) for line in lines]
