"""What can go wrong with a script. No message carries a word of a script or of its data: causes and lines only.

Doors translate `kind` into a status code, as they do for every error of the house.
"""

from __future__ import annotations

from typing import ClassVar, Literal

KilledBy = Literal["timeout", "memory", "crash", "flood"]
"""`flood`: it asked the other process too often, or too much at once."""


class ScriptError(Exception):
    """Anything that ends a whole call. What one candidate's data did to a script is a `ScriptFault` in its place."""

    kind: ClassVar[str] = "invalid"


class ScriptRefused(ScriptError):
    """The text cannot be published as a script: which rule it breaks and where (1-based; 0 where no place is known)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class ScriptUnavailable(ScriptError):
    """No helper could be had before the deadline, so nothing was decided."""

    kind = "unavailable"

    def __init__(self, message: str = "no sandbox is free") -> None:
        super().__init__(message)


class ScriptSuspended(ScriptUnavailable):
    """The script was ended too often in the last minute and rests for one."""

    def __init__(self) -> None:
        super().__init__("the script exceeded its limits too often and is suspended for a minute")


class HostCallFailed(ScriptError):
    """A host call that the script made has no answer, so nothing was decided."""

    kind = "unavailable"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} gave no answer")


class ScriptKilled(ScriptError):
    """A limit ended the whole call: nothing was decided for any candidate. `cause` says which."""

    kind = "unavailable"

    def __init__(self, cause: KilledBy) -> None:
        super().__init__(f"the script was ended: {cause}")
        self.cause: KilledBy = cause
