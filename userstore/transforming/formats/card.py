"""Card tokens: Luhn-valid numbers of the same length and grouping."""

from __future__ import annotations

import re
from dataclasses import dataclass

from userstore.transforming.errors import ValueUnfit
from userstore.transforming.formats.letters import ALPHANUMERIC, DIGITS, digits_of, draw_text, refill_digits
from userstore.transforming.formats.positional import PositionsKept, kept_ends
from userstore.transforming.parameters import option
from userstore.transforming.protocol import Randomness

WRITTEN = re.compile(r"[0-9](?:[ -]?[0-9]){11,18}")  # 12 to 19 digits: ISO/IEC 7812-1
VENDOR_LENGTH = 16


@dataclass(frozen=True, slots=True)
class CardKept:
    """What a card token keeps of its number, and whether it passes the check that real numbers pass."""

    keep_first: int = option(0, "Digits kept at the start (the issuer is in the first 6).", least=0, most=6)
    keep_last: int = option(0, "Digits kept at the end.", least=0, most=4)
    luhn: str = option(
        "valid",
        "Whether tokens pass the Luhn check; 'invalid' makes them tell from real numbers.",
        choices=("valid", "invalid"),
    )


def luhn_sum(digits: str) -> int:
    """Return the weighted sum of ISO/IEC 7812-1, annex B (Luhn, US patent 2950048): valid where it is 0 modulo 10."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    return sum(doubled[int(digit)] if place % 2 else int(digit) for place, digit in enumerate(reversed(digits)))


def luhn_valid(digits: str) -> bool:
    """True where the last digit is the check digit of the others."""
    return luhn_sum(digits) % 10 == 0


@dataclass(frozen=True, slots=True)
class CardFormat:
    """Random numbers of the same grouping, the first digit never zero."""

    name: str = "payment card number"

    def draw(self, value: str, parameters: CardKept, rng: Randomness) -> str:
        """Return a random number; one free digit, the balance, is what the Luhn check makes of the others."""
        digits = self._digits(value)
        first, last = digits[: parameters.keep_first], digits[len(digits) - parameters.keep_last :]
        free = len(digits) - len(first) - len(last)
        lead = "" if first else draw_text(DIGITS[1:], 1, rng)
        drawn = lead + draw_text(DIGITS, free - len(lead) - 1, rng)
        candidates = [f"{first}{drawn}{balance}{last}" for balance in DIGITS]
        fitting = [each for each in candidates if luhn_valid(each) is (parameters.luhn == "valid")]
        return refill_digits(value, fitting[rng.randrange(0, len(fitting))])

    def size(self, value: str, parameters: CardKept) -> int:
        """Return how many numbers have the kept digits and pass (or fail) the check."""
        free = len(self._digits(value)) - parameters.keep_first - parameters.keep_last
        drawn = 10 ** (free - 1) if parameters.keep_first else 9 * 10 ** (free - 2)
        return int(drawn if parameters.luhn == "valid" else 9 * drawn)

    def _digits(self, value: str) -> str:
        if not WRITTEN.fullmatch(value):
            raise ValueUnfit(self.name)
        return digits_of(value)


@dataclass(frozen=True, slots=True)
class VendorCardFormat:
    """The vendor's CreditCardToID: 16 digits, in groups of four with dashes, digits or any characters, unchecked."""

    name: str = "payment card number of 16 digits"

    def draw(self, value: str, parameters: PositionsKept, rng: Randomness) -> str:
        """Return the kept digits with random characters between them."""
        start, free, trailing = self._parts(value, parameters)
        text = start + draw_text(DIGITS if parameters.DecimalOnly else ALPHANUMERIC, free, rng) + trailing
        return "-".join(text[place : place + 4] for place in range(0, VENDOR_LENGTH, 4))

    def size(self, value: str, parameters: PositionsKept) -> int:
        """Return 10 or 62 to the power of the free places."""
        _, free, _ = self._parts(value, parameters)
        return int((10 if parameters.DecimalOnly else len(ALPHANUMERIC)) ** free)

    def _parts(self, value: str, parameters: PositionsKept) -> tuple[str, int, str]:
        digits = digits_of(value)
        if len(digits) != VENDOR_LENGTH or not WRITTEN.fullmatch(value):
            raise ValueUnfit(self.name)
        return kept_ends(digits, parameters)
