"""Normalisers: what a mutator may do to a text before it is validated and sealed. Each is a pure function."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from userstore.datatypes.errors import ValueRefused
from userstore.datatypes.text import with_lower_case_domain

_INTERNATIONAL = re.compile(r"\+[1-9][0-9 ()./-]*")
_TRUNK_ZERO = re.compile(r"\( *0 *\)")
_E164_DIGITS = range(2, 16)


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Changes the writing of a text, not its meaning; applying it twice changes nothing more."""

    name: str
    description: str
    apply: Callable[[str], str]


def pass_through(text: str) -> str:
    """The text as it is."""
    return text


def trim(text: str) -> str:
    """The text without white space at both ends."""
    return text.strip()


def collapse_white_space(text: str) -> str:
    """The text trimmed, with one blank for every run of white space."""
    return " ".join(text.split())


def lower_case_email_domain(text: str) -> str:
    """The address trimmed, its domain in lower case: `Name@EXAMPLE.com` becomes `Name@example.com`."""
    return with_lower_case_domain(text.strip())


def e164_phone(text: str) -> str:
    """The number as E.164 writes it: `+49 151 234` becomes `+49151234`.

    Raises `ValueRefused` for a number without a country code, and for a bracketed trunk zero, `+49 (0) 151`, which
    some countries drop and others keep: a guess could send somebody's message to somebody else.
    """
    number = text.strip()
    if not number:
        return ""
    digits = "".join(filter(str.isdigit, number))
    if _TRUNK_ZERO.search(number):
        raise ValueRefused("ambiguous_trunk_zero", "leave out the bracketed zero: +49 151 234, not +49 (0) 151 234")
    if _INTERNATIONAL.fullmatch(number) is None or len(digits) not in _E164_DIGITS:
        raise ValueRefused("no_country_code", "write the phone number with its country code: +49 151 234")
    return f"+{digits}"


_ALL = (
    Normaliser("pass_through", "Keeps the text as it is", pass_through),
    Normaliser("trim", "Removes white space at both ends", trim),
    Normaliser("collapse_white_space", "Trims, and writes one blank for a run of white space", collapse_white_space),
    Normaliser("lower_case_email_domain", "Trims, and writes the domain in lower case", lower_case_email_domain),
    Normaliser("e164_phone", "Writes an international phone number as E.164 does", e164_phone),
)

NORMALISERS: Mapping[str, Normaliser] = MappingProxyType({normaliser.name: normaliser for normaliser in _ALL})
