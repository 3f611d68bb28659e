"""Whether an embedded database has been migrated and seeded by exactly this code, so that a warm start need not ask.

Two processes with all of Django cost seconds; a digest of the migrations costs none. The note is tied to the data
directory it was made for, so that a removed or restored one is prepared again.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from config.embedded.state import StateDirectory, write_private

BASE_DIR = Path(__file__).resolve().parent.parent.parent
_LOCK_FILE = "requirements/base.txt"


def is_prepared(state: StateDirectory) -> bool:
    """Say whether the note of a former run fits this code and this data directory."""
    note = _note(state)
    return note.exists() and note.read_text() == _digest(state)


def remember_prepared(state: StateDirectory) -> None:
    """Leave the note for the next run."""
    write_private(_note(state), _digest(state))


def _note(state: StateDirectory) -> Path:
    return state.root / "prepared"


def _digest(state: StateDirectory) -> str:
    mixed = hashlib.sha256(sys.version.encode())
    for path in [BASE_DIR / _LOCK_FILE, *sorted(BASE_DIR.glob("*/migrations/*.py")), *_commands()]:
        mixed.update(str(path.relative_to(BASE_DIR)).encode() + path.read_bytes())
    birth = (state.root / "postgres" / "PG_VERSION").stat() if (state.root / "postgres").exists() else None
    if birth is not None:
        mixed.update(f"{birth.st_ino}/{birth.st_mtime_ns}".encode())
    return mixed.hexdigest()


def _commands() -> list[Path]:
    return sorted(BASE_DIR.glob("*/management/commands/demo.py")) + sorted(BASE_DIR.glob("*/demo/*.py"))
