"""What can go wrong with a script. No message carries a word of a script or of its data: kinds and lines only."""

from __future__ import annotations

from typing import Literal

KilledBy = Literal["timeout", "memory", "crash"]


class ScriptError(Exception):
    """Anything that ends a whole call. What one candidate's data did to a script is a `ScriptFault` in its place."""


class ScriptRefused(ScriptError):
    """The text cannot be published as a script: which rule it breaks and where (1-based; 0 where no place is known)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class ScriptUnavailable(ScriptError):
    """No helper could be had before the deadline, so nothing was decided."""

    def __init__(self, message: str = "no sandbox is free") -> None:
        super().__init__(message)


class ScriptSuspended(ScriptUnavailable):
    """The script was ended too often in the last minute and rests for one."""

    def __init__(self) -> None:
        super().__init__("the script exceeded its limits too often and is suspended for a minute")


class ScriptKilled(ScriptError):
    """A limit ended the whole call: nothing was decided for any candidate."""

    def __init__(self, kind: KilledBy) -> None:
        super().__init__(f"the script was ended: {kind}")
        self.kind: KilledBy = kind
