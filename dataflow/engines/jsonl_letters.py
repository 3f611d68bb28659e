"""Dead letters of runs on files: lines of a file, each called by where it begins; what is dropped is blanked out."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from dataflow.deadletters.concealing import Conceal
from dataflow.deadletters.letters import Letter, NoLetter, unpacked
from dataflow.engines.checkpoint import read_checkpoint
from dataflow.engines.frames import BREAK
from dataflow.engines.jsonl import LETTERS, FilesUnfit


class FileLetters:
    """The dead letters of a folder; no run works there meanwhile."""

    def __init__(self, folder: Path, conceal: Conceal) -> None:
        """Open the letters of a folder. Raises `FilesUnfit`, `CheckpointDamaged`, `OSError`."""
        self._path, self._conceal = folder / f"{LETTERS}.records", conceal
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise FilesUnfit(f"another process works in {folder}") from None
        self._length = read_checkpoint(folder / "checkpoint.json").lengths.get(str(self._path.resolve()), 0)

    def close(self) -> None:
        """Let a run work there again."""
        self._lock.close()

    def all(self) -> Iterator[Letter]:
        """Yield them, the oldest first."""
        for id_, line in self._lines():
            yield _letter(id_, orjson.loads(line))

    def waiting(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self._lines())

    def opened(self, id_: str) -> tuple[Letter, bytes | None, bytes]:
        """Return one with the key and the value of its record. Raises `NoLetter`, `Unreadable`."""
        for found, line in self._lines():
            if found == id_:
                told = orjson.loads(line)
                record = self._conceal.unseal(bytes.fromhex(told["sealed"]), place=LETTERS.encode())
                return _letter(found, told), *unpacked(record)
        raise NoLetter

    def replay(self, ids: Sequence[str]) -> int:
        """Raise `FilesUnfit`: others write the files that a run reads."""
        raise FilesUnfit(f"{len(ids)} would have to go back into files, which are yours: add a line, and run again")

    def drop(self, ids: Sequence[str]) -> int:
        """Blank them out where they lie, for good; return how many that was."""
        found = [(int(id_), len(line)) for id_, line in self._lines() if id_ in set(ids)]
        if found:
            with self._path.open("r+b") as file:
                for begins, length in found:
                    file.seek(begins)
                    file.write(b" " * length)
                file.flush()
                os.fsync(file.fileno())
        return len(found)

    def _lines(self) -> Iterator[tuple[str, bytes]]:
        """Yield each line with the place where it begins. One that is blank, even in part, was dropped."""
        try:
            data = self._path.read_bytes()[: self._length]
        except FileNotFoundError:
            return
        begins = 0
        for line in data.split(BREAK):
            if line.startswith(b"{") and line.endswith(b"}"):
                yield str(begins), line
            begins += len(line) + len(BREAK)


def _letter(id_: str, told: dict[str, Any]) -> Letter:
    return Letter(id_, told["topic"], told["service"], told["record"], datetime.fromisoformat(told["at"]), told["why"])
