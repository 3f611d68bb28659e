"""Taking an artifact so that nobody can exchange it any more, and only then its digest."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import LaunchError

LARGEST_ARTIFACT = 1 << 30
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Measured:
    """A sealed copy of an artifact: the descriptor that is going to be executed, and the SHA-256 of its content."""

    descriptor: int
    digest: str


def sealed_copy(path: Path) -> Measured:
    """Copy a file into memory, seal the copy against every change, and measure the sealed copy.

    What is measured is what runs: the file may be exchanged before, during or after, the copy may not
    (memfd_create(2), F_ADD_SEALS in fcntl(2)).

    Raises:
        LaunchError: no regular file, unreadable, larger than 1 GiB, or no Linux.
    """
    if not hasattr(os, "memfd_create"):
        raise LaunchError("launching measured programs needs Linux")
    try:
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise LaunchError(f"the artifact cannot be read: {error.strerror}") from None
    try:
        found = os.fstat(source)
        if not stat.S_ISREG(found.st_mode) or not 0 < found.st_size <= LARGEST_ARTIFACT:
            raise LaunchError("the artifact has to be a file with something in it, of up to 1 GiB")
        copy = os.memfd_create("artifact", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        _copied(source, copy)
    finally:
        os.close(source)
    fcntl.fcntl(
        copy, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    )
    return Measured(copy, _digest_of(copy))


def _copied(source: int, copy: int) -> None:
    total = 0
    while piece := os.read(source, _PIECE):
        total += len(piece)
        if total > LARGEST_ARTIFACT:
            raise LaunchError("the artifact grows while it is read")
        view = memoryview(piece)
        while view:
            view = view[os.write(copy, view) :]


def _digest_of(copy: int) -> str:
    os.lseek(copy, 0, os.SEEK_SET)
    with open(copy, "rb", closefd=False) as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    os.lseek(copy, 0, os.SEEK_SET)
    return found
