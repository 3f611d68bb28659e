"""Phone tokens: same punctuation, same number of digits, valid wherever the number was valid."""

from __future__ import annotations

import re
from dataclasses import dataclass

from userstore.transforming.errors import ValueUnfit
from userstore.transforming.formats.country_codes import country_code_of
from userstore.transforming.formats.letters import DIGITS, digits_of, draw_text, refill_digits
from userstore.transforming.parameters import option
from userstore.transforming.protocol import Randomness

# Everything outside the digits is copied into the token, so nothing but punctuation is let in: no letters, which could
# spell a number ("1-800-..."), no digits of other scripts. An extension may be marked.
WRITTEN = re.compile(r"\+?[0-9\s().\-/]*[0-9][0-9\s().\-/]*(?:(?:;ext=|ext\.?|x|#)\s?[0-9]{1,7})?", re.IGNORECASE)
LONGEST = 40


@dataclass(frozen=True, slots=True)
class PhoneKept:
    """What a phone token keeps of its number."""

    keep_country_code: bool = option(True, "Keep the country code of a number written with +.")
    keep_last: int = option(0, "Digits kept at the end.", least=0, most=4)


@dataclass(frozen=True, slots=True)
class PhoneFormat:
    """Random numbers of the same shape.

    Kept: the country code of a number with "+" (unless told otherwise), up to two leading zeros (trunk or international
    prefix) and the asked digits at the end. The first digit behind the prefix is never zero, as subscriber numbers have
    it. A token may be a number that somebody has: it is for analysis, never for dialling.
    """

    name: str = "phone number"

    def draw(self, value: str, parameters: PhoneKept, rng: Randomness) -> str:
        """Return a random number of the value's shape."""
        prefix, free, kept = self._parts(value, parameters)
        drawn = draw_text(DIGITS[1:], min(free, 1), rng) + draw_text(DIGITS, max(free - 1, 0), rng)
        return refill_digits(value, prefix + drawn + kept)

    def size(self, value: str, parameters: PhoneKept) -> int:
        """Return 9 * 10**(free digits - 1)."""
        _, free, _ = self._parts(value, parameters)
        return int(9 * 10 ** (free - 1)) if free else 1

    def _parts(self, value: str, parameters: PhoneKept) -> tuple[str, int, str]:
        if len(value) > LONGEST or not WRITTEN.fullmatch(value):
            raise ValueUnfit(self.name)
        digits = digits_of(value)
        prefix = self._prefix(value, digits, parameters)
        kept = digits[len(digits) - min(parameters.keep_last, max(len(digits) - len(prefix), 0)) :]
        return prefix, len(digits) - len(prefix) - len(kept), kept

    @staticmethod
    def _prefix(value: str, digits: str, parameters: PhoneKept) -> str:
        if value.startswith("+"):
            return (country_code_of(value) or "") if parameters.keep_country_code else ""
        zeros = len(digits) - len(digits.lstrip("0"))
        return digits[: min(zeros, 2)]
