"""The garbage collector of a serving process: out of the way of reads, whose objects make no cycles."""

from __future__ import annotations

import gc

YOUNG = 50_000
"""Objects made and not freed before the collector looks: a page of a bulk read keeps about fifteen thousand.

With Python's own 700 the collector went through the half-made page again and again, a quarter of the read's time.
"""
OLDER = 20


def settle() -> None:
    """Leave alone what is loaded by now, and look rarely at what comes: call it once, when the process is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDER)
