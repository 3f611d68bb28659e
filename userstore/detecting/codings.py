"""How bytes are written as letters: hexadecimal, base32 and base64, wherever in a row of letters they begin."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from userstore.detecting.gate import LEAST_ENCODED

_TO_WEB = str.maketrans("+/", "-_")


class Edit(NamedTuple):
    """Bytes that stand in the place of others, from `begin` up to `end`."""

    begin: int
    end: int
    told: bytes


@dataclass(frozen=True, slots=True)
class Coding:
    """A way to write bytes: `octets` of them become `letters`. `encode` takes what they are to look like as well.

    `starts`: how many of the first letters of a row the bytes may begin with.
    """

    rows: re.Pattern[str]
    letters: int
    octets: int
    starts: int
    decode: Callable[[str], bytes]
    encode: Callable[[bytes, str], str]

    def readings(self, row: str) -> Iterator[Reading]:
        """Yield what a row says if its first, second, ... letter is where the bytes begin."""
        bare = row.rstrip("=")
        for offset in range(min(self.starts, len(bare) - LEAST_ENCODED + 1)):
            data = self.decode(bare[offset:])
            if data:
                yield Reading(self, row, offset, data)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row says from one of its letters on."""

    coding: Coding
    row: str
    offset: int
    data: bytes

    def written(self, edits: Iterable[Edit]) -> str:
        """Return the row with some bytes changed; letters that have no part in them stay as they are."""
        bare = self.row.rstrip("=")
        parts, last = [bare[: self.offset]], 0
        for begin, end, told in self._by_groups(edits):
            parts += [
                bare[self._letter(last) : self._letter(begin)],
                self._encoded(told, is_last=end == len(self.data)),
            ]
            last = end
        rest = self.row[self._letter(last) :] if last < len(self.data) else ""
        return "".join([*parts, rest])

    def _by_groups(self, edits: Iterable[Edit]) -> list[Edit]:
        """Widen changes to whole groups of letters, and join those that share one."""
        octets, told = self.coding.octets, list[Edit]()
        for each in edits:
            begin, end = each.begin // octets * octets, min(len(self.data), -(-each.end // octets) * octets)
            if told and begin < told[-1].end:
                before = told.pop()
                kept = before.told[: len(before.told) - (before.end - each.begin)]
                told.append(Edit(before.begin, max(end, before.end), kept + each.told + self.data[each.end : end]))
            else:
                told.append(Edit(begin, end, self.data[begin : each.begin] + each.told + self.data[each.end : end]))
        return told

    def _letter(self, octet: int) -> int:
        return self.offset + octet // self.coding.octets * self.coding.letters

    def _encoded(self, data: bytes, *, is_last: bool) -> str:
        """Return bytes as letters. The end of a row is padded as it was; within one, padding keeps parts apart."""
        told, bare = self.coding.encode(data, self.row), self.row.rstrip("=")
        was_padded = bare != self.row or (len(bare) - self.offset) % self.coding.letters == 0
        return told.rstrip("=") if is_last and not was_padded else told


def _from_hexadecimal(letters: str) -> bytes:
    return bytes.fromhex(letters[: len(letters) // 2 * 2])


def _to_hexadecimal(data: bytes, like: str) -> str:
    return data.hex().upper() if like.isupper() else data.hex()


def _from_base32(letters: str) -> bytes:
    whole = letters.upper()[: len(letters) - {1: 1, 3: 1, 6: 1}.get(len(letters) % 8, 0)]
    return base64.b32decode(whole + "=" * (-len(whole) % 8))


def _to_base32(data: bytes, like: str) -> str:
    told = base64.b32encode(data).decode()
    return told.lower() if like.islower() else told


def _from_base64(letters: str) -> bytes:
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    return base64.urlsafe_b64decode(whole.translate(_TO_WEB) + "=" * (-len(whole) % 4))


def _to_base64(data: bytes, like: str) -> str:
    is_web = ("-" in like or "_" in like) and "+" not in like and "/" not in like
    return (base64.urlsafe_b64encode if is_web else base64.b64encode)(data).decode()


HEXADECIMAL = Coding(re.compile(rf"[0-9a-fA-F]{{{LEAST_ENCODED},}}"), 2, 1, 2, _from_hexadecimal, _to_hexadecimal)
BASE32 = Coding(re.compile(r"(?:[A-Z2-7]{16,}|[a-z2-7]{16,})={0,6}"), 8, 5, 8, _from_base32, _to_base32)
BASE64 = Coding(re.compile(rf"[0-9A-Za-z+/_-]{{{LEAST_ENCODED},}}={{0,2}}"), 4, 3, 4, _from_base64, _to_base64)
SEGMENT = Coding(re.compile(rf"(?<=[+/_-])[0-9A-Za-z]{{{LEAST_ENCODED},}}={{0,2}}"), 4, 3, 1, _from_base64, _to_base64)
"""Base64 behind a slash, a dash and the like: these can be letters of it, and what stands before them need not be."""
CODINGS = (HEXADECIMAL, BASE32, BASE64, SEGMENT)
