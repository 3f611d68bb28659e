"""Texts packed into texts: base64 and hexadecimal rows, compressed or not, opened and packed again as they were."""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from userstore.detecting.gate import LEAST_ENCODED

LARGEST = 4 * 1024 * 1024
"""Bytes that a packed text may have once it is inflated; a larger one counts as unreadable."""
_ROW = re.compile(rf"[0-9A-Za-z+/_-]{{{LEAST_ENCODED},}}(?:\r?\n[0-9A-Za-z+/_-]+)*={{0,2}}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_READABLE = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f]*")


class Packed(NamedTuple):
    """A text that was packed, and what packs another one as this one was."""

    text: str
    pack: Callable[[str], str]


def repacked(text: str, work: Callable[[str], str]) -> str:
    """Return a text in which every packed text is what `work` makes of it; a row it leaves alone stays."""
    return _ROW.sub(lambda found: _repacked(found[0], work), text)


def _repacked(row: str, work: Callable[[str], str]) -> str:
    for packed in _unpacked(row):
        told = work(packed.text)
        if told != packed.text:
            return packed.pack(told)
    return row


def _unpacked(row: str) -> Iterator[Packed]:
    """Yield what a row may hold: it is not told which it is, and most rows are none."""
    plain = re.sub(r"\s", "", row)
    if _HEX.fullmatch(plain):
        yield from _texts(bytes.fromhex(plain), lambda data: data.hex())
    bare = plain.rstrip("=")
    to_web = bare.translate(str.maketrans("+/", "-_"))
    is_web, is_padded = bare == to_web and ("-" in bare or "_" in bare), plain != bare
    try:
        data = base64.urlsafe_b64decode(to_web + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return
    encode = base64.urlsafe_b64encode if is_web else base64.b64encode

    def pack(data: bytes) -> str:
        told = encode(data).decode()
        return told if is_padded or len(bare) % 4 == 0 else told.rstrip("=")

    yield from _texts(data, pack)


def _texts(data: bytes, pack: Callable[[bytes], str]) -> Iterator[Packed]:
    for encoding in ("utf-8", *(("utf-16-le", "utf-16-be") if b"\x00" in data else ()), "utf-16"):
        if encoding == "utf-16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        text = _readable(data, encoding)
        if text:
            yield Packed(text, lambda told, encoding=encoding: pack(told.encode(encoding)))  # type: ignore[misc]  # a default binds the loop's value
    inflate = {b"\x1f\x8b": 31, b"\x78\x01": 15, b"\x78\x5e": 15, b"\x78\x9c": 15, b"\x78\xda": 15}.get(data[:2])
    if inflate is not None:
        deflate = (lambda told: gzip.compress(told, mtime=0)) if inflate == 31 else zlib.compress
        yield from _texts(_inflated(data, inflate), lambda told: pack(deflate(told)))


def _readable(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return ""
    return text if _READABLE.fullmatch(text) else ""


def _inflated(data: bytes, window: int) -> bytes:
    inflating = zlib.decompressobj(window)
    try:
        told = inflating.decompress(data, LARGEST)
    except zlib.error:
        return b""
    return b"" if inflating.unconsumed_tail else told
