"""Why a message did not leave."""

from __future__ import annotations

from datetime import timedelta


class Unsent(Exception):
    """A message was not taken; `cause` says why in words of ours, of which none comes from the other side.

    Args:
        is_final: whether another try would change nothing.
        wait: for how long the other side asks to be left alone.
    """

    def __init__(self, cause: str, *, is_final: bool = False, wait: timedelta = timedelta()) -> None:
        super().__init__(cause)
        self.cause = cause
        self.is_final = is_final
        self.wait = wait
