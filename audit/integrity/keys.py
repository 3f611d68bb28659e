"""The key that signs the log: a file that only the sealer's process can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from audit.errors import LogKeyUnusable
from audit.verify.notes import NoteRefused, Signer, new_signer, read_signer

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_key(path: Path, *, name: str, kind: int) -> Signer:
    """Make a key in a new file that its owner alone can read; raises `LogKeyUnusable` where there is one already."""
    signer = new_signer(name, kind, os.urandom(32))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise LogKeyUnusable(f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(signer.written() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return signer


def read_key(path: Path, *, kind: int) -> Signer:
    """Read a key. Raises `LogKeyUnusable` where it is gone, is of another kind, or others may read it too."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise LogKeyUnusable(f"{path}: others may read it; chmod 600, and think of it as known")
        signer = read_signer(path.read_text())
    except OSError as error:
        raise LogKeyUnusable(f"{path}: {error.strerror}") from None
    except (NoteRefused, UnicodeDecodeError) as error:
        raise LogKeyUnusable(f"{path}: {error if isinstance(error, NoteRefused) else 'this is no key'}") from None
    if signer.kind != kind:
        raise LogKeyUnusable(f"{path}: this key is for something else")
    return signer
