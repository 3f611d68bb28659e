"""What a sealer itself knows of the tree that it signed last: the database alone must not make it sign another one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from audit.errors import LogKeyUnusable
from audit.verify.notes import NoteRefused, Verifier, read_checkpoint, read_note


@dataclass(frozen=True, slots=True)
class Signed:
    """A size of the tree, and the root that was signed for it."""

    size: int
    root: bytes


class Memory:
    """The last note, in a file beside the key."""

    def __init__(self, path: Path, verifier: Verifier) -> None:
        self._path, self._verifier = path, verifier

    def last(self) -> Signed | None:
        """Return what was signed last, None where nothing was. Raises `LogKeyUnusable` where the file is not whole."""
        try:
            note = read_note(self._path.read_text())
            note.signed_by(self._verifier)
            told = read_checkpoint(note)
        except FileNotFoundError:
            return None
        except (OSError, NoteRefused, UnicodeDecodeError):
            raise LogKeyUnusable(f"{self._path}: what was signed last cannot be read there") from None
        return Signed(told.size, told.root)

    def keep(self, note: str) -> None:
        """Write down what has just been signed and committed."""
        beside = self._path.with_name(f"{self._path.name}.new")
        with beside.open("w") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
