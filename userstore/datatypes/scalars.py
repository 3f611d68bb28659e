"""Booleans, integers and UUIDs."""

from __future__ import annotations

import re
from uuid import UUID

from userstore.datatypes.errors import ValueRefused

_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,32}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}")

# Clients read these numbers into 64-bit integers, and above 2**53 a JSON float no longer names one integer.
SMALLEST, LARGEST = -(2**63), 2**63 - 1
_EXACT_IN_A_FLOAT = 2**53


class BooleanForm:
    """true and false; also the texts "true" and "false" in any letter case."""

    kind = bool

    def parse(self, raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, str) and raw.lower() in _BOOLEANS:
            return _BOOLEANS[raw.lower()]
        raise ValueRefused("not_a_boolean", "a boolean is true or false")

    def comparand(self, raw: object) -> bool:
        return self.parse(raw)

    def fold(self, value: bool) -> bool:
        return value

    def canonical(self, value: bool) -> bytes:
        return b"true" if value else b"false"

    def restore(self, stored: bytes) -> bool:
        if stored not in (b"true", b"false"):
            raise ValueError("not a stored boolean")
        return stored == b"true"

    def render(self, value: bool) -> str:
        return "true" if value else "false"

    def json_value(self, value: bool) -> bool:
        return value


class IntegerForm:
    """Whole numbers of 64 bits; a JSON number such as 42.0 is one, 1.5 is refused rather than cut, true is none."""

    kind = int

    def parse(self, raw: object) -> int:
        number = _whole_number(raw)
        if number is None:
            raise ValueRefused("not_an_integer", "an integer is a whole number, such as 42")
        if not SMALLEST <= number <= LARGEST:
            raise ValueRefused("integer_out_of_range", f"an integer lies between {SMALLEST} and {LARGEST}")
        return number

    def comparand(self, raw: object) -> int:
        return self.parse(raw)

    def fold(self, value: int) -> int:
        return value

    def canonical(self, value: int) -> bytes:
        return b"%d" % value

    def restore(self, stored: bytes) -> int:
        return int(stored)

    def render(self, value: int) -> str:
        return str(value)

    def json_value(self, value: int) -> int:
        return value


class UuidForm:
    """UUIDs, read with or without hyphens, written in lower case with them."""

    kind = UUID

    def parse(self, raw: object) -> UUID:
        if isinstance(raw, UUID):
            return raw
        if isinstance(raw, str) and _UUID.fullmatch(raw):
            return UUID(raw)
        raise ValueRefused("not_a_uuid", "a UUID has 32 hexadecimal digits: 01234567-89ab-cdef-0123-456789abcdef")

    def comparand(self, raw: object) -> UUID:
        return self.parse(raw)

    def fold(self, value: UUID) -> UUID:
        return value

    def canonical(self, value: UUID) -> bytes:
        return value.bytes

    def restore(self, stored: bytes) -> UUID:
        return UUID(bytes=stored)

    def render(self, value: UUID) -> str:
        return str(value)

    def json_value(self, value: UUID) -> str:
        return str(value)


def _whole_number(raw: object) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    if isinstance(raw, float):
        return int(raw) if abs(raw) <= _EXACT_IN_A_FLOAT and raw.is_integer() else None
    if isinstance(raw, str) and _INTEGER.fullmatch(raw):
        return int(raw)
    return None
