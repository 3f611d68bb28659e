"""Tokens for anything: UUIDs, and random characters in the shape of the value."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from uuid import UUID

from userstore.transforming.disclosure import SEPARATORS
from userstore.transforming.formats.letters import DIGITS, LOWER, UPPER
from userstore.transforming.parameters import NoParameters
from userstore.transforming.protocol import Randomness

KEPT = SEPARATORS | {"@", "_"}
RANDOM_UUID_BITS = 122  # RFC 9562, section 5.4: 128 bits less version and variant


@dataclass(frozen=True, slots=True)
class UuidFormat:
    """Random UUIDs of version 4; nothing of the value, not even its length."""

    name: str = "UUID"

    def draw(self, value: str, parameters: NoParameters, rng: Randomness) -> str:  # noqa: ARG002  # says nothing of them
        """Return a UUID in its usual form."""
        return str(UUID(int=rng.randrange(0, 2**128), version=4))

    def size(self, value: str, parameters: NoParameters) -> int:  # noqa: ARG002  # the same for every value
        """Return 2**122."""
        return int(2**RANDOM_UUID_BITS)


@dataclass(frozen=True, slots=True)
class ShapeFormat:
    """Random characters, place by place of the same class: digit, capital, small letter; separators stay.

    Letters and digits beyond ASCII, and signs that are no separators, become ASCII ones. Length and shape are shown.
    """

    name: str = "alphanumeric"

    def draw(self, value: str, parameters: NoParameters, rng: Randomness) -> str:  # noqa: ARG002  # it takes none
        """Return a text of the value's shape: "AB-1234x" -> "QK-7702m"."""
        alphabets = (_alphabet(character) for character in value)
        return "".join(alphabet[rng.randrange(0, len(alphabet))] for alphabet in alphabets)

    def size(self, value: str, parameters: NoParameters) -> int:  # noqa: ARG002  # it takes none
        """Return the product of the alphabets' sizes."""
        return prod(len(_alphabet(character)) for character in value)


def _alphabet(character: str) -> str:
    if character in KEPT:
        return character
    if character.isdigit():
        return DIGITS
    return UPPER if character.isupper() else LOWER
