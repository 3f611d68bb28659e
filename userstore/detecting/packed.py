"""Texts packed into texts: rows of letters that are bytes, compressed or not, opened and packed again as they were."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from userstore.detecting.codings import CODINGS, Coding, Edit
from userstore.detecting.finding import is_plain
from userstore.detecting.gate import LEAST_ENCODED
from userstore.detecting.views import views_of

ALWAYS_OPENED = 512 * 1024
"""Characters of packed texts that are looked at for one record, however short it is."""
TIMES_OPENED = 4
"""How many times as long as the record they may be beyond that."""
DEEPEST = 6
"""Compressed texts within compressed texts."""
_TRIED = 512
"""What it costs to try whether a brace begins an object, in characters."""
_DECODER = json.JSONDecoder()
_MEMORY = 64 * 1024 * 1024
_ROW = re.compile(rf"[0-9A-Za-z+/_-]{{{LEAST_ENCODED},}}(?:\r?\n[0-9A-Za-z+/_-]+)*={{0,6}}")
_READABLE = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f]*")
_LETTER = rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
_STRETCH = re.compile(rb"(?:[\x00-\x7f]|%b){11,}|(?:[\t\n\r\x20-\x7e]|%b){6,}" % (_LETTER, _LETTER))
"""Bytes among others that can be a text: an address for mail has six characters at least. With control characters
among them they are longer, or bytes at random would be many of them."""
_SQUEEZED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|BZh[1-9]1AY&SY|\xfd7zXZ\x00")


class Spent(Exception):
    """A record has more packed into it than is opened."""


@dataclass(slots=True)
class Purse:
    """What may be opened yet of one record, in characters."""

    left: int = ALWAYS_OPENED

    def renew(self) -> None:
        """Begin with another record."""
        self.left = ALWAYS_OPENED

    def fill(self, length: int) -> None:
        """Add what a part of the record allows by its length."""
        self.left += TIMES_OPENED * length

    def pay(self, length: int) -> None:
        """Open so many characters. Raises `Spent`."""
        if length > self.left:
            self.left = 0
            raise Spent
        self.left -= length


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens what is packed. `work` says what becomes of a text, `hidden` what stands for a row that is not opened.

    `matters`: whether `work` can change a text among other bytes; quickly, and yes where that is not sure.
    """

    work: Callable[[str], str]
    matters: Callable[[bytes], bool]
    hidden: Callable[[str], str]
    purse: Purse

    def repacked(self, text: str) -> str:
        """Return a text in which every packed text is what `work` makes of it; a row it leaves alone stays."""
        told = _ROW.sub(lambda found: self._row(found[0]), text)
        return told if len(told) < LEAST_ENCODED or is_plain(told) else self._repacked_behind(told)

    def bytes_of(self, data: bytes) -> bytes:
        """Return bytes in which every text, compressed or not, is what `work` makes of it. Raises `Spent`."""
        return _with(data, self._edits(data, 0))

    def _repacked_behind(self, text: str) -> str:
        """Return a text in which rows that show behind its disguise are replaced where they lie."""
        for view in views_of(text):
            parts, last = list[str](), 0
            for found in _ROW.finditer(view.text):
                begin, end = view.span(*found.span())
                if text[begin:end] != found[0] and (told := self._row(found[0])) != found[0]:
                    parts += [text[last:begin], told]
                    last = end
            if parts:
                return "".join([*parts, text[last:]])
        return text

    def _row(self, row: str) -> str:
        """Return what becomes of a row. Where it can be read in two ways that are to be changed, none is left."""
        plain = "".join(row.split())
        told: dict[str, str] = {}
        try:
            for coding in CODINGS:
                new = self._coded(plain, coding)
                if new != plain:
                    told[new.replace("=", "")] = new
        except Spent:
            return self.hidden(plain)
        if not told:
            return row
        return told.popitem()[1] if len(told) == 1 else self.hidden(plain)

    def _coded(self, row: str, coding: Coding) -> str:
        def told(found: re.Match[str]) -> str:
            changed = [
                reading.written(edits)
                for reading in coding.readings(found[0])
                if (edits := self._edits(reading.data, 0))
            ]
            if len(changed) > 1:
                raise Spent
            return changed[0] if changed else found[0]

        return coding.rows.sub(told, row)

    def _edits(self, data: bytes, depth: int) -> list[Edit]:
        """Return what changes in bytes, in order. Raises `Spent`."""
        if depth > DEEPEST:
            raise Spent
        whole = self._whole(data)
        if whole is not None:
            return whole
        squeezed = list(self._inflated(data, depth))
        beside = (each for each in self._stretches(data) if not any(_overlap(each, one) for one in squeezed))
        return sorted([*squeezed, *beside])

    def _whole(self, data: bytes) -> list[Edit] | None:
        """Return what changes where all of it is one text, None where it is none."""
        for encoding in _encodings(data):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if text and _READABLE.fullmatch(text):
                told = self._worked(text)
                if told != text:
                    return [Edit(0, len(data), told.encode(encoding))]
                if encoding == "utf-8":
                    return []
        return None

    def _stretches(self, data: bytes) -> Iterator[Edit]:
        for found in _STRETCH.finditer(data):
            if not self.matters(found[0]):
                continue
            text = found[0].decode(errors="surrogateescape")
            told = self._worked(text)
            if told != text:
                yield Edit(*found.span(), told.encode(errors="surrogateescape"))

    def _inflated(self, data: bytes, depth: int) -> Iterator[Edit]:
        at = 0
        while found := _SQUEEZED.search(data, at):
            begin, at = found.start(), found.start() + 1
            text, used, squeeze = _opened(memoryview(data)[begin:], self.purse)
            if not text:
                continue
            edits = self._edits(text, depth + 1)
            if edits:
                yield Edit(begin, begin + used, squeeze(_with(text, edits)))
                at = begin + used

    def _worked(self, text: str) -> str:
        self.purse.pay(len(text))
        return self.work(text)


class Inflating(Protocol):
    """What `zlib`, `bz2` and `lzma` have alike."""

    @property
    def unused_data(self) -> bytes:
        """What stood behind."""

    def decompress(self, data: bytes | memoryview, max_length: int, /) -> bytes:
        """Return what comes of more bytes."""


def _opened(data: memoryview, purse: Purse) -> tuple[bytes, int, Callable[[bytes], bytes]]:
    """Return what compressed bytes hold, nothing where they are none; how many they are; what compresses others.

    What is damaged is read as far as it goes. Raises `Spent` where it is more than may be opened.
    """
    name = next(name for name, begins in _BEGINNINGS.items() if data[: len(begins)] == begins)
    begin, squeeze, price = _SQUEEZERS[name]
    purse.pay(price)
    inflating, most = begin(), purse.left + 1
    try:
        told = inflating.decompress(data, most)
        used = len(data) - len(inflating.unused_data)
    except _DAMAGED:
        told, used = _as_far_as_it_goes(begin(), data, most)
    purse.pay(len(told))
    return told, used, squeeze


def _as_far_as_it_goes(inflating: Inflating, data: memoryview, most: int) -> tuple[bytes, int]:
    told = bytearray()
    for at in range(len(data)):
        try:
            told += inflating.decompress(data[at : at + 1], most - len(told))
        except _DAMAGED:
            return bytes(told), at + 1
        if len(told) >= most:
            break
    return bytes(told), len(data)


_DAMAGED = (zlib.error, OSError, EOFError, lzma.LZMAError)
_BEGINNINGS = {"gzip": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd", "zlib": b"\x78"}
_SQUEEZERS: dict[str, tuple[Callable[[], Inflating], Callable[[bytes], bytes], int]] = {
    "gzip": (lambda: zlib.decompressobj(31), lambda told: gzip.compress(told, mtime=0), 256),
    "bz2": (bz2.BZ2Decompressor, bz2.compress, 16 * 1024),
    "xz": (lambda: lzma.LZMADecompressor(memlimit=_MEMORY), lzma.compress, 16 * 1024),
    "zlib": (lambda: zlib.decompressobj(15), zlib.compress, 256),
}
"""What inflates, what compresses, and what it costs to try: bytes can look as if they began at every place."""


def _encodings(data: bytes) -> tuple[str, ...]:
    wide = ("utf-16-le", "utf-16-be") if b"\x00" in data else ()
    return ("utf-8", *wide, *(("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ()))


def _overlap(one: Edit, other: Edit) -> bool:
    return one.begin < other.end and other.begin < one.end


def _with(data: bytes, edits: list[Edit]) -> bytes:
    parts, last = list[bytes](), 0
    for begin, end, told in edits:
        parts += [data[last:begin], told]
        last = end
    return b"".join([*parts, data[last:]])


def documents_in(text: str, purse: Purse) -> Iterator[tuple[int, int]]:
    """Yield where objects of JSON begin and end within a text. Raises `Spent` where it takes long to find out."""
    at = text.find("{")
    while at >= 0:
        try:
            end, cost = _DECODER.raw_decode(text, at)[1], 0
        except json.JSONDecodeError as none:
            end, cost = 0, none.pos - at
        except RecursionError:
            raise Spent from None
        if end:
            yield at, end
        purse.pay(_TRIED + cost)
        at = text.find("{", end or at + 1)
