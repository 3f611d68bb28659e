"""A worker of a deployment: runs the published flow, says that it lives, and ends with whoever started it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic
from uuid import UUID

import redis
from django.conf import settings

from dataflow.deployments.roster import Roster
from dataflow.grammar.faults import FileRefused
from dataflow.models import Deployment
from dataflow.queries import find_published
from dataflow.running.deployable import runs_as
from dataflow.running.deployed import plan_of, run_deployed
from governance.errors import NotFound
from keyring.walls import in_environment

BEAT_SECONDS = 2.0
SPAN_SECONDS = 10.0
"""Over how long the rates are that a worker tells."""
LAST_SECONDS = 20.0
"""How long a worker without its supervisor may take to finish its batch."""


class Rates:
    """How many records a second each service has done lately."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._begun = clock()
        self._done: list[tuple[float, str, int]] = []

    def add(self, service: str, records: int) -> None:
        """Count records of a service."""
        with self._lock:
            self._done.append((self._clock(), service, records))

    def now(self) -> dict[str, float]:
        """Return records a second by service, over the last seconds or since the beginning."""
        with self._lock:
            now = self._clock()
            self._done = [each for each in self._done if each[0] > now - SPAN_SECONDS]
            span = max(1.0, min(SPAN_SECONDS, now - self._begun))
            rates: dict[str, float] = {}
            for _, service, records in self._done:
                rates[service] = rates.get(service, 0.0) + records / span
            return rates


def serve(environment_id: UUID, deployment_id: UUID, *, place: int, parent: int, stop: Event) -> list[str]:
    """Run a deployed flow until `stop`, or until who started this process is gone; return what went wrong.

    Args:
        place: which of the deployment's workers this is.
        parent: the process that started it; 0: nobody has to be there.

    Raises:
        NotFound: there is no such deployment.
    """
    with in_environment(environment_id):
        rows = Deployment.objects.select_related("item", "client")
        deployment = rows.filter(public_id=deployment_id).first()
    if deployment is None:
        raise NotFound("There is no such deployment.")
    caller = runs_as(deployment.client)
    planned = partial(plan_of, caller, deployment.item.files, find=find_published(environment_id))
    rates = Rates()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        roster = Roster(client, environment_id=environment_id, flow=deployment.name)
        beating = Thread(target=_beat, args=(roster, place, rates, parent, stop), daemon=True)
        beating.start()
        try:
            trouble = run_deployed(caller, planned, stop=stop, told=rates.add, deployment=deployment)
        except (FileRefused, NotFound) as refused:
            trouble = [str(refused)]
        stop.set()
        beating.join()
        with suppress(redis.RedisError):  # the command says it as well
            if trouble:
                roster.say("\n".join(trouble))
            roster.leave(place)
    return trouble


def _beat(roster: Roster, place: int, rates: Rates, parent: int, stop: Event) -> None:
    while not stop.is_set():
        with suppress(redis.RedisError):  # the engine will say so, or it comes back
            roster.beat(place, rates.now())
        if parent and os.getppid() != parent:
            stop.set()
            Thread(target=_end_at_last, daemon=True).start()
        stop.wait(BEAT_SECONDS)


def _end_at_last() -> None:
    Event().wait(LAST_SECONDS)
    os._exit(1)
