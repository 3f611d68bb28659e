"""Measuring in interleaved rounds, comparing with bars, printing both."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

ROUNDS = 7
_COMPARE = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Bar:
    """A measured figure with what is demanded of it. `unit` is x, %, µs or MB.

    `known_because`: why it is missed by design, where what would reach it is measured and printed as well.
    """

    name: str
    figure: float
    relation: str
    demanded: float
    unit: str
    detail: str = ""
    known_because: str = ""

    @property
    def holds(self) -> bool:
        return bool(_COMPARE[self.relation](self.figure, self.demanded))

    def __str__(self) -> str:
        verdict = "PASS" if self.holds else "MISS" if self.known_because else "FAIL"
        shown = f"{self.figure:8.2f} {self.unit:<2}  bar {self.relation} {self.demanded:g} {self.unit}"
        return f"{verdict}  {self.name:<58} {shown:<32} {self.detail}" + (
            f"\n      {self.known_because}" if verdict == "MISS" else ""
        )


@dataclass(slots=True)
class Report:
    """Collects and prints as it goes, so that a long run shows that it lives."""

    bars: list[Bar] = field(default_factory=list)

    def bar(
        self,
        name: str,
        figure: float,
        relation: str,
        demanded: float,
        unit: str,
        detail: str = "",
        *,
        known_because: str = "",
    ) -> None:
        bar = Bar(name, figure, relation, demanded, unit, detail, known_because)
        self.bars.append(bar)
        print(bar, flush=True)

    def note(self, name: str, text: str) -> None:
        print(f"----  {name:<58} {text}", flush=True)

    @property
    def holds(self) -> bool:
        return all(bar.holds or bar.known_because for bar in self.bars)


def interleaved(cases: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Run every case once per round, in turn, so that a noisy moment hits all of them; returns what they returned."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            found[name].append(case())
    return found


def medians(found: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: median(figures) for name, figures in found.items()}


def ratio(found: Mapping[str, Sequence[float]], upper: str, lower: str) -> float:
    """The median over the rounds of the ratio inside each round."""
    return median(one / other for one, other in zip(found[upper], found[lower], strict=True))


def seconds_each(work: Callable[[], object], *, times: int) -> Callable[[], float]:
    """Make a case out of a short piece of work: seconds of one, over `times` of them."""

    def case() -> float:
        started = perf_counter()
        for _ in range(times):
            work()
        return (perf_counter() - started) / times

    return case


def seconds_of(work: Callable[[], object]) -> Callable[[], float]:
    """Make a case out of a long piece of work."""
    return seconds_each(work, times=1)
