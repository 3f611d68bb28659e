"""Lines at the end of a file, one folder for each environment, below the folder that the deployment names."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from django.conf import settings

from audit.exports.ocsf import line_of
from governance.feeds.sinks import FedEvent
from governance.notices.unsent import Unsent

_OPEN = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class FileSink:
    """Appends to `<SEALBOOK_FEED_FOLDER>/<environment>/<name>.ocsf.jsonl`; what is returned from is on the disk."""

    def __init__(self, environment_id: UUID, name: str) -> None:
        self._environment_id, self._name = environment_id, name

    def __call__(self, events: Sequence[FedEvent]) -> None:
        if settings.GOVERNANCE_FEED_FOLDER is None:
            raise Unsent("no folder")
        folder = Path(settings.GOVERNANCE_FEED_FOLDER) / str(self._environment_id)
        text = b"".join(line_of(each.event) + b"\n" for each in events)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(folder / f"{self._name}.ocsf.jsonl", _OPEN, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                _append(file, text)
            finally:
                os.close(file)
        except OSError:
            raise Unsent("file") from None


def _append(file: int, text: bytes) -> None:
    """Write all of it, or take back what was written: a full disk leaves no half line."""
    before = os.fstat(file).st_size
    is_whole = before == 0 or os.pread(file, 1, before - 1) == b"\n"
    text = text if is_whole else b"\n" + text  # somebody died within a line; that event comes again
    try:
        written = 0
        while written < len(text):
            written += os.write(file, text[written:])
        os.fsync(file)
    except OSError:
        os.ftruncate(file, before)
        raise
