"""What is wrong with a file or a record. No text here ever holds what the file says."""

from __future__ import annotations

from typing import ClassVar

from userstore.errors import StoreError


class FileUnfit(StoreError):
    """Nothing of this file can be imported as asked: its head does not fit."""


class RecordRefused(StoreError):
    """One record is none; the others are not concerned."""


class ImportHeld(StoreError):
    """The import stands still until somebody resumes it: nothing of the batch was stored."""

    kind: ClassVar[str] = "conflict"


class ImportWaits(StoreError):
    """The import waits and goes on by itself: nothing of the batch was stored."""

    kind: ClassVar[str] = "unavailable"
