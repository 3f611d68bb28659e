"""Format-preserving pseudonyms: the same value gives the same text of its format, under a key of the environment.

Equal values of a column stay equal, so rows can be joined and counted, and nobody without the key tells which value it
was. Nothing in Sealbook turns a pseudonym back: it is no token. What can be told all the same is in the security model:
how often a value occurs.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from userstore.transforming.errors import ValueUnfit
from userstore.transforming.parameters import option
from userstore.transforming.protocol import Described, TransformKind

ALPHABETS = {
    "digits": string.digits,
    "letters": string.ascii_letters,
    "alphanumeric": string.digits + string.ascii_letters,
}
NO_COLUMN = UUID(int=0)
FORMAT = "pseudonym (at least a million texts of its length; six digits are enough)"

P = TypeVar("P")


class Permutation(Protocol):
    """A key that replaces texts by others of the same alphabet and length."""

    def permute(self, text: str, *, alphabet: str, tweak: bytes) -> str:
        """Return the text that stands for this one; ValueError where there are too few."""
        ...


@dataclass(frozen=True, slots=True)
class Replaced:
    """Which characters of a value are replaced; all others stay where they are."""

    alphabet: str = option("digits", "What is replaced, by its like.", choices=tuple(ALPHABETS))
    keep_first: int = option(
        0, "Characters of the alphabet kept at the start, such as a country code.", least=0, most=6
    )
    keep_last: int = option(0, "Characters of the alphabet kept at the end.", least=0, most=4)


@dataclass(frozen=True, kw_only=True)
class Pseudonymization(Described[P], Generic[P]):
    """A transformer whose result depends on the value, the column, the parameters and a key of the environment."""

    kind: TransformKind = TransformKind.TRANSFORM

    def replace(self, value: str, parameters: Replaced, key: Permutation, column: UUID) -> str:
        """Return the pseudonym of a value in a column; an empty text stays empty.

        What is kept is part of the tweak: the same digits behind another country code give others.

        Raises:
            ValueUnfit: too few characters are left to replace.
        """
        if not value:
            return ""
        alphabet = ALPHABETS[parameters.alphabet]
        places = [place for place, character in enumerate(value) if character in alphabet]
        inner = places[parameters.keep_first : len(places) - parameters.keep_last]
        kept = [value[place] for place in places if place not in set(inner)]
        tweak = b"pseudonym|" + column.bytes + f"|{parameters.keep_first}|{''.join(kept)}".encode()
        try:
            replaced = key.permute("".join(value[place] for place in inner), alphabet=alphabet, tweak=tweak)
        except ValueError:
            raise ValueUnfit(FORMAT) from None
        found = list(value)
        for place, character in zip(inner, replaced, strict=True):
            found[place] = character
        return "".join(found)
