"""`manage.py run_deployments`: keeps the workers of all deployed flows up."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from dataflow.deployments.supervising import supervise


class Command(BaseCommand):
    help = (
        "Start, stop and restart the workers of deployed flows, in all environments, until Ctrl-C or SIGTERM. Any "
        "number of these may run, on any number of machines: they share the workers."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        supervise(stop=stop, ready=_tell_supervisor)


def _tell_supervisor() -> None:
    """Say that this process works now, where somebody waits for it."""
    if ready := os.environ.get("SEALBOOK_READY_FILE"):
        Path(ready).touch(mode=0o600)
