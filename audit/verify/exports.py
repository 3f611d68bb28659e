"""The lines of an export of the book: what `manage.py export_book` writes and a verifier reads in one pass.

Fields are separated by tabs, in this order::

    log         1  ORIGIN  all|ENVIRONMENT  FIRST-INDEX
    begun       LEVEL  HASHES                where it begins later than the book: hashes not in full tiles yet
    leaf        INDEX  HASH  BODY            the body as it was sealed, or nothing
    leaf-hex    INDEX  HASH  BODY            the same in hexadecimal, for a body that would break the line
    tile        LEVEL  NUMBER  HASHES        as soon as it is full
    checkpoint  NOTE                         base64 of the signed note, behind the last leaf that it covers
    end         SIZE

Hashes are lower-case hexadecimal. Every line ends with a line feed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass

from .notes import Note, NoteRefused, read_note
from .tiles import HEIGHT, WIDTH, FullTile, split
from .tree import HASH_LENGTH

VERSION = b"1"
ALL = "all"


class LineRefused(ValueError):
    """A line is not one of an export."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which log it is of, whose bodies it holds (`all` or the id of an environment), and with which index it begins."""

    origin: str
    scope: str
    first: int

    def line(self) -> bytes:
        """Return the first line of an export."""
        return _line(b"log", VERSION, self.origin.encode(), self.scope.encode(), b"%d" % self.first)


def begun_line(level: int, hashes: tuple[bytes, ...]) -> bytes:
    """Return the line of a tile that was not full where the export begins."""
    return _line(b"begun", b"%d" % level, b"".join(hashes).hex().encode())


def leaf_line(index: int, hash_: bytes, body: bytes | None) -> bytes:
    """Return the line of a leaf, without its body where there is none to show."""
    text = body or b""
    if b"\n" in text or b"\t" in text:
        return _line(b"leaf-hex", b"%d" % index, hash_.hex().encode(), text.hex().encode())
    return b"leaf\t%d\t%s\t%s\n" % (index, hash_.hex().encode(), text)


def tile_line(tile: FullTile) -> bytes:
    """Return the line of a tile that is full."""
    return _line(b"tile", b"%d" % tile.level, b"%d" % tile.number, tile.hashes.hex().encode())


def checkpoint_line(note: str) -> bytes:
    """Return the line of a checkpoint with everything that signs it."""
    return _line(b"checkpoint", b64encode(note.encode()))


def end_line(size: int) -> bytes:
    """Return the line by which one sees that an export is whole."""
    return _line(b"end", b"%d" % size)


def read_header(line: bytes) -> Header:
    """Read the first line. Raises `LineRefused`."""
    fields = fields_of(line)
    if fields[:2] != [b"log", VERSION] or len(fields) != 5:
        raise LineRefused("this is no export of a book, or one of another version")
    try:
        origin, scope = fields[2].decode(), fields[3].decode()
    except UnicodeDecodeError:
        raise LineRefused("the first line is no UTF-8") from None
    return Header(origin, scope, number(fields[4]))


def read_note_of(field: bytes) -> Note:
    """Read a checkpoint's note from its field. Raises `LineRefused`."""
    try:
        decoded = b64decode(field, validate=True)
        if b64encode(decoded) != field:
            raise LineRefused("a checkpoint is canonical base64")
        return read_note(decoded.decode())
    except (NotBase64, UnicodeDecodeError):
        raise LineRefused("a checkpoint is base64 of a text") from None
    except NoteRefused as error:
        raise LineRefused(str(error)) from None


def read_begun(lines: Iterator[bytes], first: int) -> Iterator[list[bytes]]:
    """Yield the hashes that are not in full tiles yet of every level of a tree of `first` leaves, which come next.

    Raises `LineRefused`.
    """
    level = 0
    while first:
        fields = fields_of(next(lines, b""))
        if len(fields) != 3 or fields[:2] != [b"begun", b"%d" % level]:
            raise LineRefused("the hashes before the first entry are missing")
        joined = unhex(fields[2])
        if len(joined) % HASH_LENGTH or len(joined) >= WIDTH * HASH_LENGTH:
            raise LineRefused("these are no hashes of a tile that has begun")
        yield split(joined)
        level, first = level + 1, first >> HEIGHT


def fields_of(line: bytes) -> list[bytes]:
    """Take a line apart. Raises `LineRefused` for one that was cut off."""
    if line[-1:] != b"\n":
        raise LineRefused("the last line is cut off")
    return line[:-1].split(b"\t")


def number(field: bytes) -> int:
    """Read a number as it is written here. Raises `LineRefused`."""
    if not field.isdigit() or len(field) > 19 or b"%d" % int(field) != field:
        raise LineRefused("a number was expected")
    return int(field)


def unhex(field: bytes) -> bytes:
    """Read lower-case hexadecimal. Raises `LineRefused`."""
    try:
        decoded = bytes.fromhex(field.decode())
    except (ValueError, UnicodeDecodeError):
        decoded = b""
    if decoded.hex().encode() != field:
        raise LineRefused("lower-case hexadecimal was expected")
    return decoded


def _line(*fields: bytes) -> bytes:
    return b"\t".join(fields) + b"\n"
