"""The masks: pure functions from a value and its parameters to what may be seen of it.

A mask never raises. A value that is not in the format it is meant for is hidden altogether, so that a wrong value in a
column is never shown *because* it is wrong. How much a mask may show of a short value: see `disclosure`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from userstore.transforming.disclosure import (
    HIDDEN_LENGTH,
    allowance,
    disclose,
    fill_option,
    hide,
    last_of,
    lengths_option,
    share_option,
    substantive_positions,
)
from userstore.transforming.formats.country_codes import country_code_of
from userstore.transforming.parameters import option

DIGITS = frozenset("0123456789")
LONGEST_TEXT = 128

DOMAIN = re.compile(r"(?:[\w-]{1,63}\.)+(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ends:
    """Keep the first and the last characters."""

    first: int = option(0, "Characters kept at the start.", least=0, most=64)
    last: int = option(4, "Characters kept at the end; they go before those of the start.", least=0, most=64)
    fill: str = fill_option()
    most: str = share_option()
    lengths: str = lengths_option()


@dataclass(frozen=True, slots=True)
class PhoneShown:
    """Keep the country code and some digits of a phone number."""

    country_code: bool = option(True, "Keep the country code of a number written with +.")
    first: int = option(0, "Digits kept after the country code.", least=0, most=15)
    last: int = option(2, "Digits kept at the end.", least=0, most=15)
    fill: str = fill_option()
    most: str = share_option()
    lengths: str = lengths_option()


@dataclass(frozen=True, slots=True)
class EmailShown:
    """Keep a little of the local part (the share counts this part alone), and the domain or its ending."""

    first: int = option(1, "Characters kept of the local part.", least=0, most=64)
    domain: str = option("domain", "What is kept behind the @.", choices=("domain", "ending", "none"))
    fill: str = fill_option()
    most: str = share_option()


@dataclass(frozen=True, slots=True)
class DigitsShown:
    """Keep the last digits of a number of a known length."""

    last: int = option(4, "Digits kept at the end.", least=0, most=19)
    fill: str = fill_option()
    most: str = share_option()
    lengths: str = lengths_option()


@dataclass(frozen=True, slots=True)
class IbanShown:
    """Keep the country and the last characters of an account number."""

    country: bool = option(True, "Keep the two letters of the country.")
    last: int = option(4, "Characters kept at the end.", least=0, most=34)
    fill: str = fill_option()
    most: str = share_option()
    lengths: str = lengths_option()


@dataclass(frozen=True, slots=True)
class InitialsShown:
    """Keep the initials of a name."""

    initials: int = option(4, "How many initials are kept.", least=0, most=16)
    fill: str = fill_option()
    most: str = share_option()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Keep nothing, not even the length."""

    length: int = option(HIDDEN_LENGTH, "Length of the mask, whatever the value's length is.", least=1, most=64)
    fill: str = fill_option()


@dataclass(frozen=True, slots=True)
class Redacted:
    """Put one constant text in place of every value."""

    text: str = option("redacted", "The text shown instead.", least=0, most=LONGEST_TEXT)


def mask_ends(value: str, shown: Ends) -> str:
    """Keep the first and last characters, separators in place: "4711-0815" -> "****-**15" at the default share."""
    positions = substantive_positions(value)
    tail = last_of(positions, shown.last)
    return disclose(value, [*tail, *positions[: shown.first]], share=shown.most, fill=shown.fill, lengths=shown.lengths)


def mask_phone(value: str, shown: PhoneShown) -> str:
    """Keep country code and last digits: "+49 151 23456789" -> "+49 *** ******89"."""
    digits = [position for position, character in enumerate(value) if character in DIGITS]
    if not digits:
        return hide(shown.fill)
    code = len(country_code_of(value) or "") if shown.country_code else 0
    if code > allowance(len(substantive_positions(value)), shown.most):
        code = 0  # a part of a country code would read as another country's
    tail = last_of(digits, shown.last)
    wanted = [*digits[:code], *tail, *digits[code : code + shown.first]]
    return disclose(value, wanted, share=shown.most, fill=shown.fill, lengths=shown.lengths)


def mask_email(value: str, shown: EmailShown) -> str:
    """Keep a first letter and the domain, hide the local part's length: "jane@example.com" -> "j***@example.com"."""
    local, at, domain = value.rpartition("@")
    if not (local and at and DOMAIN.fullmatch(domain)):
        return hide(shown.fill)
    seen = local[: min(shown.first, allowance(len(local), shown.most))]
    behind = {"domain": domain, "ending": _ending_only(domain, shown.fill), "none": shown.fill * 3}[shown.domain]
    return f"{seen}{shown.fill * 3}@{behind}"


def mask_card(value: str, shown: DigitsShown) -> str:
    """Keep the last digits of a payment card number of 12 to 19 digits (ISO/IEC 7812-1)."""
    return _mask_digits(value, shown, lengths=range(12, 20))


def mask_ssn(value: str, shown: DigitsShown) -> str:
    """Keep the last digits of a US social security number of 9 digits."""
    return _mask_digits(value, shown, lengths=range(9, 10))


def mask_iban(value: str, shown: IbanShown) -> str:
    """Keep country and last characters of an IBAN of 15 to 34 characters (ISO 13616)."""
    positions = substantive_positions(value)
    text = "".join(value[position] for position in positions)
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum() and text[:2].isalpha()):
        return hide(shown.fill)
    tail = last_of(positions, shown.last)
    country = positions[:2] if shown.country else []
    return disclose(value, [*country, *tail], share=shown.most, fill=shown.fill, lengths=shown.lengths)


def mask_name(value: str, shown: InitialsShown) -> str:
    """Keep the initials and hide how long the names are: "Jane Marie Doe" -> "J. M. D."."""
    initials = [_initial(part) for part in value.split() or [value]]
    letters = sum(character.isalnum() for character in value)
    seen = min(shown.initials, allowance(letters, shown.most))
    return " ".join(f"{letter}." if place < seen else f"{shown.fill}." for place, letter in enumerate(initials))


def mask_fully(value: str, shown: Hidden) -> str:  # noqa: ARG001  # a mask takes its value, this one looks away
    """Hide value and length."""
    return shown.fill * shown.length


def redact(value: str, shown: Redacted) -> str:  # noqa: ARG001  # a mask takes its value, this one looks away
    """Put the constant text in place of the value."""
    return shown.text


def _mask_digits(value: str, shown: DigitsShown, *, lengths: range) -> str:
    positions = substantive_positions(value)
    if len(positions) not in lengths or not all(value[position] in DIGITS for position in positions):
        return hide(shown.fill)
    tail = last_of(positions, shown.last)
    return disclose(value, tail, share=shown.most, fill=shown.fill, lengths=shown.lengths)


def _ending_only(domain: str, fill: str) -> str:
    return f"{fill * 3}.{domain.rpartition('.')[2]}"


def _initial(part: str) -> str:
    """Return the first letter of a name's part; parts without one count as a hidden initial of nobody."""
    return next((character for character in part if character.isalpha()), "?")
