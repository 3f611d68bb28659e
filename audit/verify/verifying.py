"""Verifying an export in one pass: leaves from the bodies, then tiles, roots and signatures. Memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from .batches import sound_leaves
from .checkpoints import Keys, signed
from .dating import Dating, moment_of, rfc3339, tails_of, time_of, written_at
from .demands import Demands
from .due import DueTiles
from .exports import ALL, Header, LineRefused, number, read_begun, read_header, read_note_of, unhex
from .notes import Checkpoint, NoteRefused
from .pruning import Gaps
from .reports import Finding, Report
from .tiles import Edge
from .tree import HASH_LENGTH

USUAL = Demands()
_HEX = 2 * HASH_LENGTH


class _Over(Exception):
    """What follows could not be understood any more."""


def verify(lines: Iterable[bytes], *, keys: Keys, kept: Checkpoint | None = None, demands: Demands = USUAL) -> Report:
    """Verify the lines of an export, against a checkpoint that was kept from earlier if there is one.

    Whatever is wrong is in the report; nothing is raised, but what reading the lines raises.
    """
    return _Pass(keys, kept, demands).over(iter(lines))


class _Pass:
    def __init__(self, keys: Keys, kept: Checkpoint | None, demands: Demands) -> None:
        self._keys, self._kept, self._demands = keys, kept, demands
        self._dating = Dating(late=demands.late) if keys.quorum else None
        self._edge = Edge()
        self._report = Report()
        self._environment = b""
        self._due = DueTiles()
        self._gaps = Gaps(keep_months=demands.keep_months, late=demands.late, needs_witnesses=bool(keys.quorum))
        self._body = b""
        """The last one that was there."""
        self._proven = 0
        self._is_broken = self._ended = self._is_ours = False

    def over(self, lines: Iterator[bytes]) -> Report:
        report = self._report
        try:
            self._begin(next(lines, b""), lines)
            self._read(lines)
        except _Over:
            pass
        else:
            self._finish()
        report.size, report.root = self._edge.size, self._edge.root().hex()
        return report

    def _read(self, lines: Iterator[bytes]) -> None:
        waiting: list[bytes] = []
        room = self._room()
        for line in lines:
            if line.startswith(b"leaf"):
                waiting.append(line)
                if len(waiting) < room:
                    continue
            if waiting:
                self._leaves(waiting)
                waiting.clear()
            if not line.startswith(b"leaf"):
                self._other(line)
            room = self._room()
        if waiting:
            self._leaves(waiting)

    def _room(self) -> int:
        """Return how many leaves may be taken at once: a tile is looked at when full, the tree where it was kept."""
        to_kept = self._kept.size - self._edge.size if self._kept else 0
        return min(self._edge.room, to_kept) if to_kept > 0 else self._edge.room

    def _leaves(self, lines: list[bytes]) -> None:
        index = self._edge.size
        sound = None if self._environment or self._due or self._ended else sound_leaves(lines, index)
        if sound is None:
            for line in lines:
                self._leaf(line)
            return
        hashes, bodies = sound
        tails = tails_of(bodies)
        self._gaps.bodies(bodies, tails, index)
        self._report.bodies += len(hashes)
        if self._dating is not None and not self._dating.are_timely(bodies, tails):
            for at, body in enumerate(bodies, index):
                self._date(at, body, self._dating)
        self._passed(bodies[0], bodies[-1])
        self._due.add(self._edge.fill(hashes))
        self._pass_by()

    def _begin(self, line: bytes, lines: Iterator[bytes]) -> None:
        try:
            header = read_header(line)
            begun = list(read_begun(lines, header.first))
        except LineRefused as error:
            self._cannot_tell(str(error))
        self._edge = Edge(begun)
        if self._edge.size != header.first:
            self._cannot_tell("the hashes before the first entry are not those of so many entries")
        self._tell_of(header)
        self._pass_by()
        if header.first and (self._kept is None or self._kept.size < header.first):
            self._report.troubles.append("it begins later than the checkpoint that was kept: what is before is unknown")

    def _tell_of(self, header: Header) -> None:
        report = self._report
        report.origin, report.scope, report.first = header.origin, header.scope, header.first
        self._proven = header.first
        if header.scope != ALL:
            self._environment = f'"environment":"{header.scope}"'.encode()

    def _leaf(self, line: bytes) -> None:
        index = self._edge.size
        fields = line.split(b"\t", 3)
        if self._due:
            self._no_tile()
        if self._ended or len(fields) != 4 or len(fields[2]) != _HEX or line[-1:] != b"\n":
            self._garbled(line)
        word, told_index, told, body = fields
        if told_index != b"%d" % index:
            self._out_of_order(told_index)
        body = body[:-1] if word == b"leaf" else self._unhex(body[:-1])
        leaf = self._hash_of(index, told, body) if body else self._withheld(index, told)
        self._due.add(self._edge.append(leaf))
        self._pass_by()

    def _hash_of(self, index: int, told: bytes, body: bytes) -> bytes:
        digest = sha256(b"\x00" + body)
        self._report.bodies += 1
        if digest.hexdigest().encode() != told:
            self._find(index, "body", "the body is not what was sealed")
            # The tree goes on with what is said to have been sealed: whether it was, tiles and roots tell.
            return self._unhex(told)
        self._gaps.bodies((body,), tails_of((body,)), index)
        self._passed(body, body)
        if self._dating is not None:
            self._date(index, body, self._dating)
        if self._environment and self._environment not in body:
            self._find(index, "elsewhere", "the entry is of another environment than the export is of")
        return digest.digest()

    def _passed(self, first: bytes, last: bytes) -> None:
        """Take bodies that are in their places, by the first and the last of them."""
        self._body = last
        if self._keys.quorum and not self._report.unwitnessed_since:
            self._report.unwitnessed_since = (written_at(first) or time_of(first) or b"?").decode()

    def _withheld(self, index: int, told: bytes) -> bytes:
        self._report.withheld += 1
        if not self._environment:
            self._gaps.add(index, self._body)
        return self._unhex(told)

    def _date(self, index: int, body: bytes, dating: Dating) -> None:
        at = time_of(body)
        if at is None:
            self._find(index, "undated", "the entry does not tell when it was")
        elif dating.is_backdated(at, written_at(body)):
            self._find(index, "backdated", "the entry says a time long before what witnesses had seen before it")

    def _other(self, line: bytes) -> None:
        if self._ended:
            self._garbled(line)
        word, *rest = line.rstrip(b"\n").split(b"\t")
        if line[-1:] == b"\n" and word == b"tile" and len(rest) == 3:
            self._tile(*rest)
        elif line[-1:] == b"\n" and word == b"checkpoint" and len(rest) == 1:
            self._checkpoint(rest[0])
        elif line[-1:] == b"\n" and word == b"end" and rest == [b"%d" % self._edge.size]:
            self._ended = True
        else:
            self._garbled(line)

    def _tile(self, level: bytes, number_: bytes, hashes: bytes) -> None:
        if not self._due:
            self._find(self._edge.size, "tile", "there is a tile where none was completed")
            return
        wrong = self._due.compare(level, number_, hashes)
        if wrong:
            self._report.add(wrong)

    def _no_tile(self) -> None:
        for wrong in self._due.missing():
            self._report.add(wrong)

    def _checkpoint(self, field: bytes) -> None:
        if self._due:
            self._no_tile()
        size, proven = self._edge.size, self._proven
        self._report.checkpoints += 1
        try:
            note = read_note_of(field)
            self._is_ours |= any(name == self._keys.log.name for name, _ in note.signers)
            seen = signed(note, self._keys)
        except (LineRefused, NoteRefused) as error:
            self._find(min(proven, size - 1), "checkpoint", str(error), until=size)
            return
        if seen.told.size != size:
            self._find(min(proven, size - 1), "checkpoint", f"it is one of {seen.told.size} entries", until=size)
            return
        if seen.told.root != self._edge.root():
            if not self._is_broken:
                self._find(min(proven, size - 1), "root", "the log signed another root", until=size)
            self._is_broken = True
            return
        self._proven = size
        if seen.at is not None:
            self._witnessed(seen.at)

    def _witnessed(self, seconds: int) -> None:
        seen_at = moment_of(seconds)
        self._report.seen(self._edge.size, rfc3339(seen_at))
        self._gaps.witnessed(seen_at)
        if self._dating is not None:
            self._dating.witnessed(seconds)

    def _pass_by(self) -> None:
        """Where the tree is as large as it was when the checkpoint was kept, compare."""
        kept = self._kept
        if kept is None or kept.size != self._edge.size:
            return
        if kept.root != self._edge.root():
            text = "the book is another one than that of the checkpoint that was kept"
            self._find(min(self._report.first, max(kept.size - 1, 0)), "kept", text, until=kept.size)

    def _finish(self) -> None:
        size, kept, report = self._edge.size, self._kept, self._report
        if report.checkpoints and not self._is_ours:
            report.findings = [each for each in report.findings if each.kind != "checkpoint"]
            report.troubles.append("the log whose key was given has signed nothing here")
            return
        if report.checkpoints and report.origin != self._keys.log.name:
            self._find(report.first, "line", "the first line names another log")
        if not self._ended:
            report.troubles.append("the export does not end: it was cut off on its way")
            return
        self._judge_gaps()
        if self._due:
            self._no_tile()
        if kept is not None and kept.size > size:
            self._find(size, "cut", f"there were {kept.size} entries when the checkpoint was kept", until=kept.size)
        if self._proven < size and not report.findings:
            self._find(self._proven, "unsigned", "no checkpoint covers them", until=size)
        if self._keys.quorum and size:
            after = self._demands.witnessed_after
            report.judge_witnesses(size, after=rfc3339(after) if after else "")

    def _judge_gaps(self) -> None:
        told, report = self._gaps.judged(), self._report
        report.dropped = told.dropped
        for first, until in told.unexplained:
            self._find(first, "missing body", "the entry is gone, its place in the tree is not", until=until)
        for first, until in told.unsure:
            text = f"what says that entries {first} to {until - 1} went with their month has no witness yet"
            report.troubles.append(text)

    def _out_of_order(self, told: bytes) -> None:
        expected = self._edge.size
        try:
            there = number(told)
        except LineRefused:
            there = -1
        text = f"{there} is in its place" if there >= 0 else "its index is no number"
        self._find(expected, "missing" if there > expected else "order", text)
        raise _Over

    def _garbled(self, line: bytes) -> None:
        if line[-1:] != b"\n":
            self._cannot_tell("the last line is cut off")
        self._find(self._edge.size, "line", "a line that is none of an export")
        raise _Over

    def _unhex(self, field: bytes) -> bytes:
        try:
            return unhex(field)
        except LineRefused as error:
            self._find(self._edge.size, "line", str(error))
            raise _Over from None

    def _find(self, index: int, kind: str, text: str, *, until: int | None = None) -> None:
        self._report.add(Finding(index, index + 1 if until is None else max(until, index + 1), kind, text))

    def _cannot_tell(self, text: str) -> None:
        self._report.troubles.append(text)
        raise _Over
