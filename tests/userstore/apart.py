"""Processes of a test's own, to be killed: forked from one that has Django ready, which takes each of them seconds."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any
from unittest.mock import patch

_SECONDS = 60


@dataclass
class Apart:
    """A running process, and a line to what it runs."""

    process: ForkServerProcess
    line: Connection

    def hear(self) -> Any:
        """Return what the program says next."""
        assert self.line.poll(_SECONDS)
        return self.line.recv()

    def kill(self) -> None:
        """Kill it without a warning; returns when it is gone."""
        self.process.kill()
        self.ended()

    def ended(self) -> int | None:
        """Wait for the end and return its status, the negative signal of one that was killed."""
        self.process.join(_SECONDS)
        return self.process.exitcode


def start_apart(program: Callable[..., None], *arguments: Any, url: str) -> Apart:
    """Run a function of `tests.userstore.programs` as the application on a database; its first argument is the line."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.userstore.prepared"])
    here, there = context.Pipe()
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment.pop("DATABASE_MIGRATION_URL", None)
    with patch.dict(os.environ, environment, clear=True):
        forkserver.ensure_running()  # what it is started with is what its children have
    process = context.Process(target=program, args=(there, *arguments))
    process.start()
    there.close()
    return Apart(process, here)
