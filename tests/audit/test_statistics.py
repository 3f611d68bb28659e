"""The statistics of detections against brute force."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.analysis.statistics import (
    cusum,
    jaccard,
    longest_run,
    nats,
    percentile,
    poisson_tail,
    resemblance,
    robust_z,
)


def _tail_by_sum(count: int, mean: float) -> float:
    return math.fsum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count, count + 120))


@given(st.integers(0, 40), st.floats(0.01, 30))
@settings(max_examples=60)
def test_the_tail_of_a_poisson_variable_is_the_sum_of_its_terms(count: int, mean: float) -> None:
    assert poisson_tail(count, mean) == pytest.approx(_tail_by_sum(count, mean), rel=1e-6, abs=1e-300)


@given(st.integers(1, 60), st.floats(0.01, 20))
@settings(max_examples=60)
def test_more_is_never_likelier(count: int, mean: float) -> None:
    assert poisson_tail(count + 1, mean) <= poisson_tail(count, mean) + 1e-12
    assert poisson_tail(count, 0) == 0
    assert poisson_tail(0, mean) == 1
    assert 0 <= nats(poisson_tail(count, mean)) <= 50


def _cusum_by_definition(deviations: list[float], slack: float) -> float:
    """The largest sum of what exceeds the slack over any stretch that ends now; zero for an empty one."""
    return max([0.0, *(sum(each - slack for each in deviations[start:]) for start in range(len(deviations)))])


@given(st.lists(st.floats(-5, 5), max_size=25), st.floats(0, 2))
@settings(max_examples=60)
def test_a_cumulative_sum_is_the_worst_stretch_that_ends_today(deviations: list[float], slack: float) -> None:
    assert cusum(deviations, slack=slack) == pytest.approx(_cusum_by_definition(deviations, slack), abs=1e-9)


def _run_by_definition(numbers: list[int], step: int) -> int:
    kept = [each for place, each in enumerate(numbers) if not place or each != numbers[place - 1]]
    best = min(1, len(kept))
    for start in range(len(kept)):
        for end in range(start + 2, len(kept) + 1):
            steps = [after - before for before, after in zip(kept[start:end], kept[start + 1 : end], strict=False)]
            if all(0 < each <= step for each in steps) or all(-step <= each < 0 for each in steps):
                best = max(best, end - start)
    return best


@given(st.lists(st.integers(0, 9), max_size=12))
@settings(max_examples=100)
def test_the_longest_walk_is_the_longest_of_all_stretches_that_are_walks(numbers: list[int]) -> None:
    assert longest_run(numbers, widest_step=3) == _run_by_definition(numbers, 3)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.floats(0.01, 1))
@settings(max_examples=60)
def test_a_percentile_leaves_no_more_above_it_than_its_share(values: list[int], share: float) -> None:
    found = percentile(values, share)
    assert sum(each <= found for each in values) >= share * len(values) - 1e-9
    assert sum(each < found for each in values) < share * len(values)


def test_an_outlier_does_not_hide_itself_in_its_history() -> None:
    usual = [20, 22, 19, 21, 20, 18, 500]
    assert robust_z(250, usual) > 50
    assert robust_z(22, usual) < 2
    assert robust_z(9, []) == 0


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
@settings(max_examples=40)
def test_the_similarity_of_sets_is_symmetric_and_one_only_for_equal_ones(one: set[int], other: set[int]) -> None:
    assert jaccard(one, other) == jaccard(other, one)
    assert (jaccard(one, other) == 1) == (one == other and bool(one))


def test_sketches_of_different_lengths_have_nothing_in_common() -> None:
    assert resemblance([1, 2], [1, 2, 3]) == 0
    assert resemblance([1, 2, 3, 4], [1, 2, 3, 9]) == 0.75
    assert resemblance([], []) == 0
