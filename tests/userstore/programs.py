"""What processes of their own do until they are killed at it."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from governance.identities import Caller
from userstore.actions import erasing
from userstore.reading.calls import CallContext
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator


def write(line: Connection, caller: Caller, mutator: UUID, subjects: Sequence[UUID]) -> None:
    """Write a number to everybody when the line says so."""
    people = [str(subject) for subject in subjects]
    change = {"phone": {"value_additions": ["555-0199"]}}
    call = MutatorCall(caller, mutator, [people], change, CallContext(address="10.1.2.3"))
    line.send("ready")
    line.recv()
    execute_mutator(call, now=timezone.now())
    line.send("done")


def erase_and_die(line: Connection, caller: Caller, subject: UUID, ledger: Path, *, after: bool) -> None:
    """Kill the own process before or after the erasure's line is in the ledger."""
    settings.USERSTORE_TOMBSTONES = ledger
    kept = erasing.Ledger.record

    def record(*arguments: Any, **named: Any) -> int:
        if after:
            kept(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a process outlived its own end")

    erasing.Ledger.record = record  # type: ignore[method-assign]  # of this process, which has nothing else to do
    erasing.erase_subject(caller, subject_id=subject)
    line.send("done")


def erase_without_room(line: Connection, caller: Caller, subject: UUID, ledger: Path) -> None:
    """Erase while no file can grow by another line, and say which error that was."""
    settings.USERSTORE_TOMBSTONES = ledger
    resource.setrlimit(resource.RLIMIT_FSIZE, (ledger.stat().st_size + 20, resource.RLIM_INFINITY))
    try:
        erasing.erase_subject(caller, subject_id=subject)
    except Exception as error:
        line.send(type(error).__name__)
    else:
        line.send("done")
