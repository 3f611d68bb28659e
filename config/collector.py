"""The memory of a serving process: a garbage collector out of the way of reads, and an allocator that gives back.

Reads make objects without cycles, many at once, in whichever thread has the call.
"""

from __future__ import annotations

import ctypes
import gc

YOUNG = 50_000
"""Objects made and not freed before the collector looks: a page of a bulk read keeps about fifteen thousand.

With Python's own 700 the collector went through the half-made page again and again, a quarter of the read's time.
"""
OLDER = 20


_M_ARENA_MAX = -8
"""`mallopt(3)`: the C library keeps eight pools of memory for each processor unless somebody says otherwise."""
_ARENAS = 2


def settle() -> None:
    """Leave alone what is loaded by now, and look rarely at what comes: call it once, when the process is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDER)
    _share_arenas()


def _share_arenas() -> None:
    """Let all threads take memory from two pools: what one has freed another can use (9 MB of 190, measured).

    Python's threads hardly allocate at the same time. Other C libraries than GNU's have no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
