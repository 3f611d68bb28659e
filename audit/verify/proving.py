"""Proofs about single entries, made from an export: two passes, and memory for a hash of every 256 entries."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from .exports import LineRefused, fields_of, number, read_header, read_note_of, unhex
from .notes import Note, NoteRefused, read_checkpoint, read_note
from .tiles import HEIGHT, WIDTH, Edge, split
from .tree import HASH_LENGTH, inclusion_proof, leaf_hash, root_of

FORMAT = "c2sp.org/tlog-proof@v1"
LONGEST_PROOF = 63

Matches = Callable[[int, bytes], bool]
"""Says of an entry, by index and body, whether it is wanted."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An entry's place in a signed tree (C2SP tlog-proof)."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        lines = [FORMAT, f"index {self.index}", *(b64encode(each).decode() for each in self.hashes)]
        return "\n".join(lines) + f"\n\n{self.note}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry as an export has it: its hash is computed from the body where there is one."""

    index: int
    hash: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry with its proof."""

    leaf: Leaf
    proof: TlogProof


def read_proof(text: str) -> TlogProof:
    """Read a proof. Raises `NoteRefused`."""
    head, found, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    word, _, index = (lines or [""])[0].partition(" ")
    if not found or first != FORMAT or word != "index" or not (index.isascii() and index.isdigit()):
        raise NoteRefused("this is no proof: it begins with its format and an index")
    if len(index) > 19 or str(int(index)) != index or len(lines) > LONGEST_PROOF + 1:
        raise NoteRefused("this is no proof: its index or its hashes are not what they should be")
    return TlogProof(int(index), tuple(map(_hash, lines[1:])), read_note(note))


def last_checkpoint(lines: Iterable[bytes]) -> Note:
    """Return the last checkpoint of an export. Raises `LineRefused` where there is none."""
    note = None
    for each in _walk(lines):
        note = each if isinstance(each, Note) else note
    if note is None:
        raise LineRefused("there is no checkpoint")
    return note


def leaves(lines: Iterable[bytes]) -> Iterator[Leaf]:
    """Yield the leaves of an export. Raises `LineRefused`."""
    return (each for each in _walk(lines) if isinstance(each, Leaf))


def prove(read: Callable[[], Iterable[bytes]], matches: Matches) -> list[Proven]:
    """Return every wanted entry with its proof in the last signed tree; `read` gives the lines anew for each pass.

    Raises `LineRefused` where the export cannot be read, begins late, or is not the tree that was signed.
    """
    found, note, size = _found(read(), matches)
    nodes = _Nodes(read(), {leaf.index // WIDTH for leaf in found}, size)
    if nodes.root != read_checkpoint(note).root:
        raise LineRefused("these entries are not the tree that the log signed: verify tells where")
    return [
        Proven(leaf, TlogProof(leaf.index, tuple(inclusion_proof(leaf.index, size, nodes)), note)) for leaf in found
    ]


def is_entry(wanted: str) -> Matches:
    """Match one entry by its index or its id. Raises `NoteRefused` for what is neither."""
    if wanted.isascii() and wanted.isdigit():
        return lambda index, _: index == int(wanted)
    try:
        entry_id = str(UUID(wanted))
    except ValueError:
        raise NoteRefused("an entry is named by its index or by its id") from None
    return lambda _, body: f'"id":"{entry_id}"'.encode() in body and _json_of(body).get("id") == entry_id


def is_about(handle: str) -> Matches:
    """Match the entries that concern a subject, or that were caused by it. Raises `NoteRefused` for no handle."""
    if len(handle) != 32 or not set(handle) <= set("0123456789abcdef"):
        raise NoteRefused("a handle is 32 hexadecimal digits")
    as_subject, as_actor = f'"{handle}"'.encode(), f'"{UUID(handle)}"'.encode()
    return lambda _, body: as_subject in body or as_actor in body


def _found(lines: Iterable[bytes], matches: Matches) -> tuple[list[Leaf], Note, int]:
    """Return the wanted entries that the last checkpoint covers, that checkpoint, and its size."""
    found, note, size = [], None, 0
    for each in _walk(lines, first=0):
        if isinstance(each, Note):
            note, size = each, read_checkpoint(each).size
        elif matches(each.index, each.body):
            found.append(each)
    if note is None:
        raise LineRefused("there is no checkpoint")
    return [leaf for leaf in found if leaf.index < size], note, size


class _Nodes:
    """Gives the roots of complete subtrees: of whole tiles, and inside the tiles that were asked for."""

    def __init__(self, lines: Iterable[bytes], wanted: set[int], size: int) -> None:
        self._inside: dict[int, list[bytes]] = {}
        self._roots: list[bytes] = []
        self._known: dict[tuple[int, int], bytes] = {}
        edge = Edge()
        for leaf in leaves(lines):
            if leaf.index >= size:
                break
            for tile in edge.append(leaf.hash):
                if tile.level == 0:
                    hashes = split(tile.hashes)
                    self._roots.append(root_of(hashes))
                    if tile.number in wanted:
                        self._inside[tile.number] = hashes
        self._inside[size // WIDTH] = list(edge.begun[0]) if edge.begun else []
        self.root = edge.root()

    def __call__(self, level: int, number_: int) -> bytes:
        known = self._known.get((level, number_))
        if known is None:
            known = self._known[level, number_] = root_of(self._below(level, number_))
        return known

    def _below(self, level: int, number_: int) -> list[bytes]:
        if level >= HEIGHT:
            shift = level - HEIGHT
            return self._roots[number_ << shift : number_ + 1 << shift]
        first = number_ << level
        return self._inside[first // WIDTH][first % WIDTH : first % WIDTH + (1 << level)]


def _walk(lines: Iterable[bytes], *, first: int | None = None) -> Iterator[Leaf | Note]:
    """Yield leaves and checkpoints; `first` is the index that the export has to begin with."""
    each_line = iter(lines)
    header = read_header(next(each_line, b""))
    if first is not None and header.first != first:
        raise LineRefused("this needs an export from the first entry on")
    index = header.first
    for line in each_line:
        word, *rest = fields_of(line)
        if word in (b"leaf", b"leaf-hex") and len(rest) == 3:
            if rest[0] != b"%d" % index:
                raise LineRefused(f"another entry stands where {index} belongs")
            yield _leaf(index, rest[1], rest[2] if word == b"leaf" else unhex(rest[2]))
            index += 1
        elif word == b"checkpoint" and len(rest) == 1:
            yield read_note_of(rest[0])
        elif word == b"end" and rest:
            if number(rest[0]) == index:
                return
            break
        elif word not in (b"tile", b"begun"):
            raise LineRefused("a line that is none of an export")
    raise LineRefused("the export does not end: it was cut off on its way")


def _leaf(index: int, told: bytes, body: bytes) -> Leaf:
    hash_ = leaf_hash(body) if body else unhex(told)
    if len(hash_) != HASH_LENGTH:
        raise LineRefused("a leaf is a hash")
    return Leaf(index, hash_, body)


def _json_of(body: bytes) -> dict[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _hash(text: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        decoded = b""
    if len(decoded) != HASH_LENGTH:
        raise NoteRefused("this is no proof: a hash is 32 bytes in base64")
    return decoded
