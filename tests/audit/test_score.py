"""`make score` in small: what it is measured on is frozen, and its figures are what they say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from audit.simulation.configuration import from_file
from benchmarks.score import telling
from benchmarks.score.judging import (
    Item,
    exposure,
    found_on,
    inbox,
    over_seeds,
    perfect,
    precision,
    ranking,
    recall,
    shown_a_day,
)
from benchmarks.score.observing import Insider, Observed, Told, observe

FOLDER = Path(__file__).parents[2] / "benchmarks" / "score"
SETS = {name: sorted((FOLDER / name).glob("*.toml")) for name in ("tuning", "test")}


def test_the_companies_of_the_test_set_are_the_frozen_ones() -> None:
    frozen = dict(reversed(line.split()) for line in (FOLDER / "test" / "frozen.sha256").read_text().splitlines())
    assert frozen == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in SETS["test"]}


def test_tuning_and_test_companies_are_unlike_each_other() -> None:
    assert [path.name for path in SETS["tuning"]] == [path.name for path in SETS["test"]]
    for tuning, test in zip(SETS["tuning"], SETS["test"], strict=True):
        assert from_file(tuning) != from_file(test)


@pytest.fixture(scope="module")
def observed() -> Observed:
    return observe(FOLDER / "tuning" / "two_percent.toml", 1, scale=0.15, days=30, forest=False)


def test_a_short_run_finds_insiders_and_tells_the_truth_about_it(
    observed: Observed, capsys: pytest.CaptureFixture[str]
) -> None:
    few, more = inbox(observed, 2), inbox(observed, 10)
    assert len(few) <= len(more)
    assert max(sum(item.day == day for item in more) for day in range(observed.days)) <= 10
    assert found_on(more).keys() >= found_on(few).keys()
    assert sum(bool(item.plots) for item in few) <= len(perfect(observed, 10_000))
    found = recall(observed, more)
    assert found is not None
    assert found > (recall(observed, ranking(observed, "random sample", 1)) or 0)
    assert len(ranking(observed, "volume", 10, as_many=few)) <= len(few)
    telling.tell("short", [observed])
    telling.tell_rules([observed])
    telling.tell_ablation([observed])
    told = capsys.readouterr().out
    assert "base rate" in told
    assert "colluding approver" in told


def by_hand() -> Observed:
    made = Observed(seed=1, days=20, first_day=10)
    made.insiders = [Insider("drip", False, {11: 3, 14: 2}), Insider("bulk", True, {12: 50}), Insider("idle", False)]
    made.planted_days = {(11, "ann"): frozenset({0}), (14, "ann"): frozenset({0}), (12, "bob"): frozenset({1})}
    made.told = [
        Told(11, "cid", "D1", 5.0, frozenset()),
        Told(11, "ann", "D1", 2.0, frozenset({0})),
        Told(14, "ann", "D1", 2.0, frozenset({0})),
        Told(14, "ann", "D2", 9.0, frozenset({0})),
    ]
    made.rankings = {"volume": {11: ["cid", "ann"], 12: ["bob", "cid"]}}
    return made


def test_figures_worked_out_by_hand() -> None:
    made = by_hand()
    one, two = inbox(made, 1), inbox(made, 2)
    assert one == [Item(11, "cid", frozenset()), Item(14, "ann", frozenset({0}))]
    assert precision(one) == 1 / 2
    assert precision(two) == 2 / 3, "the rules about one person's day are one line"
    assert recall(made, one) == 1 / 2, "who did nothing need not be found"
    assert recall(made, one, only=lambda number: number == 1) == 0
    assert exposure(made, one) == ([3, 8], [5, 50])
    assert exposure(made, two) == ([0, 8], [3, 50])
    assert shown_a_day(made, two) == 3 / 10
    assert [item.who for item in ranking(made, "volume", 2, as_many=one)] == ["cid"]
    assert inbox(made, 2, without="D1") == [Item(14, "ann", frozenset({0}))]
    assert precision([]) is None


def test_intervals_hold_the_mean_and_are_the_same_every_time() -> None:
    values = [0.2, 0.4, None, 0.9]
    interval = over_seeds(values)
    assert interval == over_seeds(values)
    assert interval is not None
    assert interval.low <= interval.value <= interval.high
    assert over_seeds([None]) is None
