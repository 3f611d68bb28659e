"""Lines of a file that others may still write to: whole ones, and a last one without its break once it stands still."""

from __future__ import annotations

import os
from time import sleep, time
from typing import BinaryIO

from dataflow.engines.frames import BREAK

STILL_SECONDS = 0.2
"""For so long a file must not have changed for its last line to be a record without a line break."""


class LineGoesOn(Exception):
    """The line that was taken without its break has more to it."""


def lines_from(file: BinaryIO, begins: int, limit: int | None, chunk: int) -> tuple[bytes, int]:
    """Return lines with their breaks, and where they end; nothing where there are none yet. Raises `LineGoesOn`.

    Args:
        begins: where reading goes on.
        limit: how long the file is that this flow itself writes; None for one of somebody else.
        chunk: bytes to read at once; a line that is longer is read whole.
    """
    begins = begins if limit is not None else _behind_last_line(file, begins)
    while True:
        file.seek(begins)
        data = file.read(chunk if limit is None else min(chunk, limit - begins))
        end = data.rfind(BREAK) + 1
        if end:
            return data[:end], begins + end
        if len(data) < chunk:
            break
        chunk *= 2
    if data and limit is None and not _stands_still(file, begins + len(data)):
        return b"", begins
    return data, begins + len(data)


def _behind_last_line(file: BinaryIO, begins: int) -> int:
    """Return where the next line begins: the last one may have had no break yet when it was taken."""
    if not begins:
        return 0
    file.seek(begins - 1)
    before, behind = file.read(1), file.read(1)
    if before == BREAK or not behind:
        return begins
    if behind != BREAK:
        raise LineGoesOn
    return begins + 1


def _stands_still(file: BinaryIO, length: int) -> bool:
    """Say whether a file has this length, and has had it for a while."""
    found = os.fstat(file.fileno())
    if time() - found.st_mtime < STILL_SECONDS:
        sleep(STILL_SECONDS)
    return os.fstat(file.fileno()).st_size == length
