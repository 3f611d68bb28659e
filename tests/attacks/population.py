"""An invented population with skewed names and birthdays, and the public statistics an attacker has of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

SEED = 7
NAMES = 400
SKEW = 1.0
"""Exponent of the Zipf distribution; first names of one country and generation lie around 1."""
HEAPED = 0.04
"""People whose register knows only a year, and says the first of January."""
FIRST_DAY, DAYS = date(1940, 1, 1), 70 * 365
_SYLLABLES = ("an", "be", "co", "da", "el", "fi", "ga", "ho", "ir", "jo", "ka", "lu", "mi", "no", "or", "pe")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    name: str
    birthday: str


def names() -> list[str]:
    """Four hundred invented names, the most frequent first."""
    draw = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < NAMES:
        found["".join(draw.choice(_SYLLABLES) for _ in range(draw.randint(2, 4))).capitalize()] = None
    return list(found)


def people(count: int) -> list[Person]:
    """Draw people: names by Zipf's law, birthdays over seventy years with a heap on the first of January."""
    draw, known = random.Random(SEED + 1), names()
    weights = [1 / rank**SKEW for rank in range(1, NAMES + 1)]
    drawn = draw.choices(known, weights, k=count)
    return [Person(name, _birthday(draw)) for name in drawn]


def birthdays() -> list[str]:
    """List every day somebody may be born on, the more frequent first: the heaps, then the rest in no order."""
    days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    random.Random(SEED + 2).shuffle(days)
    return [day.isoformat() for day in sorted(days, key=lambda day: (day.month, day.day) != (1, 1))]


def _birthday(draw: random.Random) -> str:
    day = FIRST_DAY + timedelta(days=draw.randrange(DAYS))
    return (day.replace(month=1, day=1) if draw.random() < HEAPED else day).isoformat()


def matched_by_rank(seen: Sequence[bytes], frequent: Sequence[str]) -> dict[bytes, str]:
    """The attack of Naveed, Kamara and Wright (CCS 2015): the most frequent image is the most frequent value."""
    ranked = [image for image, _ in Counter(seen).most_common()]
    return dict(zip(ranked, frequent, strict=False))


def matched_by_rank_and_size(
    seen: Sequence[bytes], sizes: Sequence[int], frequent: Sequence[str], size_of: Callable[[str], int]
) -> dict[bytes, str]:
    """The same among the values of each length alone: what an index and a size tell together."""
    matched: dict[bytes, str] = {}
    for size in set(sizes):
        images = [image for image, its in zip(seen, sizes, strict=True) if its == size]
        matched |= matched_by_rank(images, [value for value in frequent if size_of(value) == size])
    return matched


def best_guess_by(sizes: Sequence[int], statistics: Sequence[str], size_of: Callable[[str], int]) -> list[str]:
    """Who sees lengths alone guesses the most frequent value of each length."""
    best: dict[int, str] = {}
    for value, _ in Counter(statistics).most_common():
        best.setdefault(size_of(value), value)
    return [best.get(size, "") for size in sizes]


def recovered(guesses: Sequence[str], truth: Sequence[str]) -> float:
    """The share of rows guessed right, in percent."""
    return 100 * sum(guess == value for guess, value in zip(guesses, truth, strict=True)) / len(truth)
