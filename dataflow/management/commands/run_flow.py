"""`manage.py run_flow`: runs a dataflow file in an environment, as one of its clients."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dataflow.grammar.faults import FileRefused
from dataflow.running.deployed import plan_for, run_deployed
from governance.errors import NotFound
from governance.people import client_at


class Command(BaseCommand):
    help = (
        "Run a dataflow file until Ctrl-C, on the topics of an environment and as one of its clients: what its "
        "functions ask of the store rests on the client's rights and is on record."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the dataflow file")
        parser.add_argument("--environment", required=True)
        parser.add_argument("--client", required=True, help="name or id of the client that the flow runs as")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            caller = client_at(options["environment"], options["client"])
        except NotFound as missing:
            raise CommandError(str(missing)) from None
        file: Path = options["file"].resolve()
        try:
            plan = plan_for(caller, file)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {type(error).__name__}.") from None
        except FileRefused as refused:
            raise CommandError(str(refused)) from None
        if plan.not_yet:
            raise CommandError("This flow cannot run yet:\n" + "\n".join(map(str, plan.not_yet)))
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write(f"{plan.meta} runs as {caller.name}. Ctrl-C ends it.")
        trouble = run_deployed(caller, file, stop=stop, told=lambda _: None)
        if trouble:
            raise CommandError("\n".join(trouble))
