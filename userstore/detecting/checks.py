"""Checks behind patterns: checksums, and the rules by which numbers are given out."""

from __future__ import annotations

import ipaddress
import re
from datetime import date

import phonenumbers

from userstore.transforming.formats.card import luhn_valid

_NOT_DIGIT = re.compile(r"[^0-9]")
_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Za-z]")
_PART = re.compile(r"[0-9]+|(?<![0-9A-Za-z])[A-Za-z]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""Characters of an IBAN by country (SWIFT's IBAN registry, release 99)."""


def digits_of(found: str) -> str:
    """Return the digits of a text alone."""
    return _NOT_DIGIT.sub("", found)


def is_given_ssn(found: str) -> bool:
    """Say whether a number can have been given out: 20 CFR 422.103 knows no area 000, 666 or from 900 on, no group 00
    and no serial 0000; from 900 on are the taxpayer numbers of the revenue service, which tell as much."""
    digits = digits_of(found)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and group != "00" and serial != "0000"


def is_card(found: str) -> bool:
    """Say whether a number passes the check of ISO/IEC 7812-1 and is not one digit alone again and again."""
    digits = digits_of(found)
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn_valid(digits)


def is_iban(found: str) -> bool:
    """Say whether an account number has its country's length and 1 as its remainder (ISO 13616, ISO 7064 MOD 97-10)."""
    text = _NOT_ALPHANUMERIC.sub("", found).upper()
    if len(text) != _IBAN_LENGTHS.get(text[:2]):
        return False
    return int("".join(str(int(each, 36)) for each in text[4:] + text[:4])) % 97 == 1


def is_phone(found: str) -> bool:
    """Say whether a number can be dialled: one with + as its country's numbers are, others by how long they are."""
    digits = digits_of(found)
    if not found.startswith("+"):
        return (9 if digits.startswith("0") else 10) <= len(digits) <= 13
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse("+" + digits))
    except phonenumbers.NumberParseException:
        return False


def is_address(found: str) -> bool:
    """Say whether a text is an IP address of version 4 or 6; the shortest of 6 are names in code, such as a::b."""
    if "." not in found and len(found) < 6:
        return False
    try:
        ipaddress.ip_address(found)
    except ValueError:
        return False
    return True


def is_date(found: str) -> bool:
    """Say whether a text is a day of the calendar, from 1000 to 2999, whichever order it is written in."""
    parts = _PART.findall(found)
    numbers = [_MONTHS.index(each[:3].lower()) + 1 if each[0].isalpha() else int(each) for each in parts]
    if len(numbers) != 3:
        return False
    first, second, third = numbers
    year, others = (first, (second, third)) if first > 31 else (third, (first, second))
    year += (1900 if year > 30 else 2000) if year < 100 else 0
    return 1000 <= year < 3000 and any(_is_day(year, month, day) for month, day in (others, others[::-1]))


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def always(found: str) -> bool:  # noqa: ARG001  the form of a check that its pattern leaves nothing to do
    """Say that the written form tells enough."""
    return True
