"""The prompt `>> ` of `sealbook run`: what the flow has counted and keeps, asked where it runs."""

from __future__ import annotations

import os
import select
import shlex
import sys
from collections.abc import Callable, Sequence
from threading import Event

from config.embedded.errors import LaunchError
from config.flows.terminal import say

PROMPT = ">> "
HELP = "show state [NAME] [--table] [--key KEY]  prints counters and rows\nexit, or Ctrl-C, ends the flow"
_LOOKS_SECONDS = 0.2


def is_wanted() -> bool:
    """Say whether somebody sits at the terminal who can type and read."""
    return sys.stdin.isatty() and sys.stdout.isatty() and _is_in_front()


def _is_in_front() -> bool:
    """Say whether what is typed is for this process; one in the background that reads it is stopped."""
    return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()


def answer_until(stop: Event, *, show: Callable[[Sequence[str]], int]) -> None:
    """Answer line by line until `stop` is set; the end of what is typed sets it."""
    _ask()
    while not stop.is_set():
        if not select.select([sys.stdin], [], [], _LOOKS_SECONDS)[0]:
            continue
        if not _is_in_front():
            stop.wait(_LOOKS_SECONDS)
            continue
        line = sys.stdin.readline()
        if not line or line.split() == ["exit"]:
            stop.set()
            return
        _answer(line, show)
        _ask()


def _ask() -> None:
    sys.stdout.write(PROMPT)
    sys.stdout.flush()


def _answer(line: str, show: Callable[[Sequence[str]], int]) -> None:
    try:
        words = shlex.split(line)
    except ValueError:
        words = ["a quote without its end"]
    if not words:
        return
    if words[0] != "show":
        say(HELP)
        return
    try:
        show(words[1:])
    except LaunchError as refused:
        say(str(refused))
    except SystemExit:  # what argparse raises when it has said what is wrong, and for --help
        return
