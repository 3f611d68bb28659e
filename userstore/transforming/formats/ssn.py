"""Tokens for US social security numbers.

Valid numbers: area 001 to 899 but not 666, group not 00, serial not 0000 (Social Security Administration, "SSN
randomization", since 2011-06-25).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

from userstore.transforming.errors import ValueUnfit
from userstore.transforming.formats.letters import ALPHANUMERIC, DIGITS, digits_of, draw_text, refill_digits
from userstore.transforming.formats.positional import PositionsKept, kept_ends
from userstore.transforming.parameters import option
from userstore.transforming.protocol import Randomness

VALID = re.compile(r"(?!000|666)[0-8][0-9]{2}-?(?!00)[0-9]{2}-?(?!0000)[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Part:
    """Area, group or serial: its places in the number and the numbers that are issued for it."""

    begin: int
    end: int
    numbers: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many numbers are issued."""
        return len(self.numbers)


AREA = Part(0, 3, tuple(f"{number:03d}" for number in range(1, 900) if number != 666))
GROUP = Part(3, 5, tuple(f"{number:02d}" for number in range(1, 100)))
SERIAL = Part(5, 9, tuple(f"{number:04d}" for number in range(1, 10_000)))
PARTS = (AREA, GROUP, SERIAL)


@dataclass(frozen=True, slots=True)
class SsnKept:
    """What an SSN token keeps of its number."""

    keep_serial: bool = option(False, "Keep the last four digits.")


@dataclass(frozen=True, slots=True)
class SsnFormat:
    """Random valid numbers, dashes where the value has them."""

    name: str = "SSN"

    def draw(self, value: str, parameters: SsnKept, rng: Randomness) -> str:
        """Return a uniformly drawn valid number."""
        digits = _valid_digits(value, self.name)
        serial = digits[5:] if parameters.keep_serial else _draw(SERIAL, rng)
        return refill_digits(value, _draw(AREA, rng) + _draw(GROUP, rng) + serial)

    def size(self, value: str, parameters: SsnKept) -> int:
        """Return the number of valid numbers, or of those with the kept serial."""
        _valid_digits(value, self.name)
        return AREA.size * GROUP.size * (1 if parameters.keep_serial else SERIAL.size)


@dataclass(frozen=True, slots=True)
class VendorSsnFormat:
    """The vendor's SSNToID: always dashed, some digits kept; drawn again until the number is a valid one."""

    name: str = "SSN"

    def draw(self, value: str, parameters: PositionsKept, rng: Randomness) -> str:
        """Return the kept digits with random characters between them."""
        start, free, trailing = kept_ends(_valid_digits(value, self.name), parameters)
        alphabet = DIGITS if parameters.DecimalOnly else ALPHANUMERIC
        while True:  # ends: the value itself is a valid number with these kept digits, so one is drawn sooner or later
            text = start + draw_text(alphabet, free, rng) + trailing
            token = f"{text[:3]}-{text[3:5]}-{text[5:]}"
            if not parameters.DecimalOnly or VALID.fullmatch(token):
                return token

    def size(self, value: str, parameters: PositionsKept) -> int:
        """Return how many results there are; a part that is kept in part is counted out."""
        digits = _valid_digits(value, self.name)
        if not parameters.DecimalOnly:
            return int(len(ALPHANUMERIC) ** kept_ends(digits, parameters)[1])
        free_places = range(parameters.PreserveCharsStart, len(digits) - parameters.PreserveCharsTrailing)
        return prod(_part_size(digits, part, free_places) for part in PARTS)


def _draw(part: Part, rng: Randomness) -> str:
    return part.numbers[rng.randrange(0, part.size)]


def _part_size(digits: str, part: Part, free: range) -> int:
    """Return how many valid area, group or serial numbers agree with the value in the places that are not free."""
    places = range(part.begin, part.end)
    if all(place in free for place in places):
        return part.size
    written = "".join("." if place in free else digits[place] for place in places)
    return sum(1 for number in part.numbers if re.fullmatch(written, number)) if "." in written else 1


def _valid_digits(value: str, name: str) -> str:
    if not VALID.fullmatch(value):
        raise ValueUnfit(name)
    return digits_of(value)
