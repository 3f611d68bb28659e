"""`manage.py run_flow`: runs a dataflow file in an environment, as one of its clients."""

from __future__ import annotations

import gc
import signal
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dataflow.deployments.serving import serve
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
        parser.add_argument("file", type=Path, nargs="?", help="the dataflow file")
        parser.add_argument("--environment", required=True)
        parser.add_argument("--client", help="name or id of the client that the flow runs as")
        parser.add_argument(
            "--deployment", type=UUID, help="id of a deployment instead, as run_deployments starts its workers"
        )
        parser.add_argument("--place", type=int, default=0, help="which of the deployment's workers this is")
        parser.add_argument("--parent", type=int, default=0, help="the process without which this worker ends")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        gc.freeze()  # what is there now stays: the collector need not go through it with every batch
        try:
            trouble = self._deployed(options, stop) if options["deployment"] else self._foreground(options, stop)
        except (NotFound, FileRefused) as refused:
            raise CommandError(str(refused)) from None
        if trouble:
            raise CommandError("\n".join(trouble))

    def _deployed(self, options: dict[str, Any], stop: Event) -> list[str]:
        try:
            environment_id = UUID(options["environment"])
        except ValueError:
            raise CommandError("With --deployment, --environment is an id.") from None
        about = {"place": options["place"], "parent": options["parent"]}
        return serve(environment_id, options["deployment"], stop=stop, **about)

    def _foreground(self, options: dict[str, Any], stop: Event) -> list[str]:
        if options["file"] is None or options["client"] is None:
            raise CommandError("Name the dataflow file and --client, or a --deployment.")
        caller = client_at(options["environment"], options["client"])
        file: Path = options["file"].resolve()
        planned = partial(plan_for, caller, file)
        try:
            plan = planned()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {type(error).__name__}.") from None
        if plan.not_yet:
            raise CommandError("This flow cannot run yet:\n" + "\n".join(map(str, plan.not_yet)))
        self.stdout.write(f"{plan.meta} runs as {caller.name}. Ctrl-C ends it.")
        return run_deployed(caller, planned, stop=stop, told=lambda *_: None)
