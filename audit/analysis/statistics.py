"""The few statistics that detections use, each small enough to be checked against brute force."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from statistics import median

MAD_TO_SIGMA = 1.4826
"""The median absolute deviation of normal values is so much smaller than their standard deviation."""


def poisson_tail(count: int, mean: float) -> float:
    """Return the probability that a Poisson variable of this mean is at least `count`.

    The sum runs upwards from `count`, so that a small tail keeps its digits (1 - cdf would lose them).
    """
    if count <= 0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if count <= mean:
        return 1.0 - math.fsum(_poisson(number, mean) for number in range(count))
    total, number, term = 0.0, count, _poisson(count, mean)
    while term > total * 1e-17:
        total += term
        number += 1
        term *= mean / number
    return min(total, 1.0)


def _poisson(count: int, mean: float) -> float:
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def nats(probability: float) -> float:
    """Return the evidence of something so improbable, at most 50 nats."""
    return min(50.0, -math.log(probability)) if probability > 0 else 50.0


def robust_z(value: float, history: Sequence[float], *, least_deviation: float = 1.0) -> float:
    """Return how many deviations a value is above the median of its history (Iglewicz and Hoaglin, 1993, chapter 3).

    `least_deviation` keeps a history without any spread from making everything an outlier.
    """
    if not history:
        return 0.0
    middle = median(history)
    deviation = MAD_TO_SIGMA * median(abs(each - middle) for each in history)
    return (value - middle) / max(deviation, least_deviation)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def cusum(deviations: Iterable[float], *, slack: float) -> float:
    """Return the upper cumulative sum at the end: what exceeds the slack adds up, and never falls below zero.

    Page, Continuous inspection schemes, Biometrika 41 (1954).
    """
    total = 0.0
    for each in deviations:
        total = max(0.0, total + each - slack)
    return total


def longest_run(numbers: Sequence[int], *, widest_step: int = 3) -> int:
    """Return the length of the longest walk in one direction with steps of at most `widest_step`.

    A number that is the same again neither lengthens a walk nor ends it.
    """
    longest = length = 1 if numbers else 0
    direction = 0
    for before, after in pairwise(numbers):
        step = after - before
        if step == 0:
            continue
        heading = 1 if step > 0 else -1
        if abs(step) > widest_step:
            length, direction = 1, 0
        elif heading == direction:
            length += 1
        else:
            length, direction = 2, heading
        longest = max(longest, length)
    return longest


def jaccard(one: Iterable[Hashable], other: Iterable[Hashable]) -> float:
    """Return how much two sets have in common; two empty ones nothing."""
    left, right = set(one), set(other)
    union = len(left | right)
    return len(left & right) / union if union else 0.0


def resemblance(one: Sequence[int], other: Sequence[int]) -> float:
    """Estimate the Jaccard similarity of two texts from their sketches: the share of equal minima.

    Broder, On the resemblance and containment of documents, 1997.
    """
    if not one or len(one) != len(other):
        return 0.0
    return sum(left == right for left, right in zip(one, other, strict=True)) / len(one)
