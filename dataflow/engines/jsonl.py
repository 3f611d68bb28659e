"""Files of lines: what was written behind the last checkpoint is cut off at the start, so that each record counts once.

One process works on one folder. A topic is a file that somebody names, of which each line is a record, or one of the
engine's own between two services, which keeps keys and line breaks as well.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from dataflow.deadletters.concealing import Conceal
from dataflow.deadletters.letters import packed
from dataflow.engines.checkpoint import read_checkpoint
from dataflow.engines.file_records import FileRecords
from dataflow.engines.file_rows import FileRows, by_table
from dataflow.engines.frames import BREAK, is_line
from dataflow.engines.lines import LineGoesOn, lines_from
from dataflow.engines.protocol import Batch, Change, Done, Entry, Message, Outcome, Output, Row, Table, Whole

CHUNK = 256 * 1024
"""Bytes that are read at once; a record that is longer is read whole."""
LETTERS = "dead-letters"
BREAKS = "a line break, and the topic is a file of lines"


class FilesUnfit(Exception):
    """Files are not as this folder left them, or another process works on it; the text says which."""


class JsonLines:
    """Topics as files. Of the files that are named, inputs are read and outputs written."""

    def __init__(
        self,
        folder: Path,
        *,
        inputs: Mapping[str, Path],
        outputs: Mapping[str, Path],
        conceal: Conceal,
        sealed: Collection[str] = (),
        chunk: int = CHUNK,
    ) -> None:
        """Take up a folder where it was left. Raises `FilesUnfit`, `CheckpointDamaged`, `OSError`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._inputs, self._outputs = folder, inputs, outputs
        self.conceal, self.chunk, self.records = conceal, chunk, FileRecords(conceal, sealed)
        self._rows: dict[tuple[str, Table], FileRows] = {}
        self._lock = (folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FilesUnfit(f"another process works in {folder}") from None
        self.done = read_checkpoint(folder / "checkpoint.json")
        self._open: dict[str, BinaryIO] = {}
        for path in {str(each.resolve()) for each in outputs.values()} | set(self.done.lengths):
            self._cut(Path(path))
        for topic in outputs:
            self.done.lengths.setdefault(self.name_of(topic), 0)
        self.done.write(folder / "checkpoint.json")  # so that outputs are known as this flow's before they are written

    def close(self) -> None:
        """Leave the folder to others."""
        for each in self._open.values():
            each.close()
        self._lock.close()

    def intake(self, flow: str, service: str, topics: Sequence[tuple[str, str]], worker: str) -> JsonLinesIntake:  # noqa: ARG002  the protocol's: there is one worker, and files are read from their beginning
        """Return the one worker's end; files are read from their beginning."""
        return JsonLinesIntake(self, flow, service, [topic for topic, _ in topics])

    def consume(self, topic: str, *, beginning: bool = True, wait: float | None = None) -> Iterator[Message]:  # noqa: ARG002  the protocol's
        """Yield a topic's records that are committed."""
        if not self.is_lines(topic):
            data = self.written(topic)
            yield from (Message(str(number), *each) for number, each in enumerate(self.records.unpacked(topic, data)))
        elif data := self.written(topic):
            lines = data.removesuffix(BREAK).split(BREAK)
            yield from (Message(str(number), None, each) for number, each in enumerate(lines))

    def counters(self, flow: str) -> dict[str, dict[str, int]]:
        """Return a flow's counters with their fields."""
        return self.done.counts.get(flow, {})

    def dead(self) -> list[dict[str, str]]:
        """Return the dead letters: topic, service, record, why; and the record sealed."""
        return [orjson.loads(line) for line in self.written(LETTERS).splitlines() if line.startswith(b"{")]

    def rows(self, flow: str, table: Table) -> Iterator[tuple[str, Any]]:
        """Yield the keys of a state with their rows, in no order."""
        return self.rows_of(flow, table).all()

    def rows_of(self, flow: str, table: Table) -> FileRows:
        """Return the rows of a state."""
        if (flow, table) not in self._rows:
            self._rows[flow, table] = FileRows(self, flow, table)
        return self._rows[flow, table]

    def is_lines(self, topic: str) -> bool:
        """Say whether a topic is a file of lines that somebody named."""
        return topic in self._inputs or topic in self._outputs

    def path_of(self, topic: str) -> Path:
        """Return where a topic is."""
        return self._inputs.get(topic) or self._outputs.get(topic) or self._folder / self.records.name_of(topic)

    def limit_of(self, topic: str) -> int | None:
        """Return how many bytes of a topic are committed; None where it is not written here."""
        return None if topic in self._inputs else self.done.lengths.get(self.name_of(topic), 0)

    def name_of(self, topic: str) -> str:
        """Return by what a topic's file is known: another file is another topic."""
        return str(self.path_of(topic).resolve())

    def sealed(self, message: Message) -> bytes:
        """Return a record sealed for the dead letters."""
        return self.conceal.seal(packed(message.key, message.value), place=LETTERS.encode())

    def commit(self, written: Mapping[str, bytes], offset: tuple[str, int], flow: str, counts: Counts) -> None:
        """Write to files, then that they are written: a crash in between is as if nothing had been."""
        for topic, data in written.items():
            file = self._file(topic)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            name = self.name_of(topic)
            self.done.lengths[name] = self.done.lengths.get(name, 0) + len(data)
        self.done.offsets[offset[0]] = offset[1]
        told = self.done.counts.setdefault(flow, {})
        for (name, field), times in counts.items():
            one = told.setdefault(name, {})
            one[field] = one.get(field, 0) + times
        self.done.write(self._folder / "checkpoint.json")

    def _file(self, topic: str) -> BinaryIO:
        if topic not in self._open:
            descriptor = os.open(self.path_of(topic), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if self.name_of(topic) not in self.done.lengths:
                os.truncate(descriptor, 0)  # what is there was never committed
            self._open[topic] = os.fdopen(descriptor, "ab")
        return self._open[topic]

    def _cut(self, path: Path) -> None:
        """Cut off what lies behind a file's committed end. Raises `FilesUnfit` where it is not the file that it was."""
        length, there = self.done.lengths.get(str(path)), path.stat().st_size if path.exists() else 0
        if length is None and there:
            raise FilesUnfit(f"{path.name} has something in it already, which this flow has not written")
        if there < (length or 0):
            raise FilesUnfit(f"{path.name} is shorter than what this flow has written to it")
        if there > (length or 0):
            os.truncate(path, length or 0)

    def written(self, topic: str) -> bytes:
        """Return what is committed of a topic that is written here."""
        try:
            return self.path_of(topic).read_bytes()[: self.limit_of(topic)]
        except FileNotFoundError:
            return b""


Counts = Mapping[tuple[str, str], int]


class JsonLinesIntake:
    """The end of one service."""

    is_ahead = False

    def __init__(self, engine: JsonLines, flow: str, service: str, topics: Sequence[str]) -> None:
        self._engine, self._flow, self._service, self._topics = engine, flow, service, topics
        self._ends: dict[str, int] = {
            topic: engine.done.offsets.get(f"{flow}:{service}:{engine.name_of(topic)}", 0) for topic in topics
        }

    def take(self, *, most: int, wait: float) -> Batch | None:  # noqa: ARG002  the protocol's: files are read by the chunk and never waited for
        """Return the next chunk of a topic, None where all are read."""
        for topic in self._topics:
            entry = self._next(topic)
            if entry is not None:
                return Batch(topic, [entry])
        return None

    def renew(self) -> None:
        """Do nothing: nobody else reads here."""

    def look_ahead(self, *, most: int) -> None:
        """Do nothing: nobody else reads a file while this process does not."""

    def rows(self, table: Table, keys: Sequence[str]) -> list[Row]:
        """Return the rows of some keys as they are committed."""
        return self._engine.rows_of(self._flow, table).fetch(keys)

    def refuses(self, output: Output) -> str:
        """Say why a line cannot be written where a line is wanted."""
        is_unfit = self._engine.is_lines(output.topic) and not is_line(None, output.value)
        return f"{output.topic}: {BREAKS}" if is_unfit else ""

    def committing(
        self, batch: Batch, outcomes: Sequence[Outcome], changes: Sequence[Change] = ()
    ) -> Callable[[], int]:
        """Return what writes all of a batch and how far reading is."""
        written: dict[str, list[bytes]] = {}
        counts: dict[tuple[str, str], int] = {}
        messages = 0
        for entry, outcome in zip(batch.entries, outcomes, strict=True):
            if isinstance(outcome, Whole) and all(map(self._engine.is_lines, outcome.route.topics)):
                records = outcome.lines.count(BREAK) + 1
                messages += records
                for topic in outcome.route.topics:
                    written.setdefault(topic, []).append(outcome.lines + BREAK)
                _count(counts, outcome.route.counts, records)
                continue
            for message, done in zip(entry.messages(), _each(outcome), strict=True):
                messages += 1
                self._add(batch.topic, message, self._fitting(done), written, counts)
        joined = {topic: b"".join(parts) for topic, parts in written.items()}
        rows = [(self._engine.rows_of(self._flow, table), some) for table, some in by_table(changes).items()]
        joined |= {each.topic: each.lines(some) for each, some in rows}
        end = int(batch.entries[-1].id)

        def commit() -> int:
            self._engine.commit(joined, (self._name(batch.topic), end), self._flow, counts)
            for each, _ in rows:
                each.take(joined[each.topic])
            return messages

        return commit

    def _add(
        self,
        topic: str,
        message: Message,
        done: Done,
        written: dict[str, list[bytes]],
        counts: dict[tuple[str, str], int],
    ) -> None:
        _count(counts, done.counts, 1)
        for to, key, value in done.outputs:
            data = value + BREAK if self._engine.is_lines(to) else self._engine.records.packed(to, key, value)
            written.setdefault(to, []).append(data)
        if done.failure:
            sealed = self._engine.sealed(message).hex()
            told = {"topic": topic, "service": self._service, "record": message.id, "why": done.failure}
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            written.setdefault(LETTERS, []).append(orjson.dumps({**told, "at": at, "sealed": sealed}) + BREAK)

    def _fitting(self, done: Done) -> Done:
        """Return what becomes of a record whose result is no line where a line is wanted: it fails."""
        for each in done.outputs:
            if why := self.refuses(each):
                return Done((), (*done.counts[:-1], (self._service, "failed")), why)
        return done

    def _next(self, topic: str) -> Entry | None:
        """Return the next records; the id of an entry is where it ends."""
        begins, limit = self._ends[topic], self._engine.limit_of(topic)
        try:
            with self._engine.path_of(topic).open("rb") as file:
                if self._engine.is_lines(topic):
                    data, end = lines_from(file, begins, limit, self._engine.chunk)
                else:
                    file.seek(begins)
                    data = file.read((limit or 0) - begins)
                    end = begins + len(data)
        except FileNotFoundError:
            return None
        except LineGoesOn:
            says = "goes on in a line that was taken as a record when it had no line break"
            raise FilesUnfit(f"{self._engine.path_of(topic).name} {says}: write one at byte {begins}") from None
        if not data:
            return None
        self._ends[topic] = end
        id_ = b"%d" % self._ends[topic]
        if self._engine.is_lines(topic):
            return Entry(id_, data.removesuffix(BREAK))
        return Entry(id_, None, self._engine.records.unpacked(topic, data))

    def _name(self, topic: str) -> str:
        return f"{self._flow}:{self._service}:{self._engine.name_of(topic)}"


def _each(outcome: Outcome) -> Sequence[Done]:
    if not isinstance(outcome, Whole):
        return outcome
    route = outcome.route
    lines = outcome.lines.split(BREAK)
    return [Done(tuple(Output(topic, None, line) for topic in route.topics), route.counts) for line in lines]


def _count(counts: dict[tuple[str, str], int], names: Sequence[tuple[str, str]], times: int) -> None:
    for each in names:
        counts[each] = counts.get(each, 0) + times
