"""Uniform draws from alphabets, and how many there are."""

from __future__ import annotations

from userstore.transforming.protocol import Randomness

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
ALPHANUMERIC = LOWER + UPPER + DIGITS


def draw_text(alphabet: str, length: int, rng: Randomness) -> str:
    """Return a text of that many uniformly drawn characters."""
    # One number for the whole text, read off in base len(alphabet): draws cost more than divisions.
    number, drawn = rng.randrange(0, len(alphabet) ** length), []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        drawn.append(alphabet[place])
    return "".join(drawn)


def digits_of(value: str) -> str:
    """Return the ASCII digits of a value, in order."""
    return "".join(character for character in value if character in DIGITS)


def refill_digits(value: str, digits: str) -> str:
    """Return the value with its ASCII digits replaced, in order, by the given ones; everything else stays."""
    following = iter(digits)
    return "".join(next(following) if character in DIGITS else character for character in value)
