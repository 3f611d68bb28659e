"""The supervisor: looks at what is wanted in every environment, and keeps workers up accordingly."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable
from threading import Event
from time import monotonic
from uuid import UUID

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from dataflow.actions.seen_states import note_state
from dataflow.deployments.crew import Crew, Pause, Seen, Spawn
from dataflow.deployments.roster import Roster, say_supervised
from dataflow.deployments.wanted import Wanted, wanted_in
from dataflow.engines.redis_letters import tag_of
from dataflow.engines.redis_reading import Readings
from dataflow.models.deployments import FAILING
from governance.models import Environment

TURN_SECONDS = 0.5
LOOK_SECONDS = 60.0
"""After how long everything is read again, changed or not: a plan may rest on what did not answer."""
_log = logging.getLogger(__name__)


class Supervisor:
    """Keeps the deployments of all environments up, as far as other supervisors do not."""

    def __init__(self, *, spawn: Spawn, clock: Callable[[], float] = monotonic) -> None:
        self._client = redis.Redis.from_url(settings.REDIS_URL)
        self._spawn, self._clock = spawn, clock
        self._holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._epochs: dict[UUID, int] = {}
        self._looks_at = 0.0
        self._wanted: dict[UUID, list[Wanted]] = {}
        self._crews: dict[UUID, Crew] = {}
        self._noted: dict[UUID, Seen] = {}
        self._begun: dict[UUID, UUID] = {}
        self._pauses: dict[UUID, Pause] = {}

    def turn(self) -> None:
        """Look once, and do what is wanted. Raises what the database or Redis raise; workers go on meanwhile."""
        close_old_connections()
        self._look()
        wanted = {each.deployment_id: self._now(each) for some in self._wanted.values() for each in some}
        for each in wanted.values():
            pause = self._pauses.get(each.deployment_id)
            if pause is None or self._clock() >= pause.due:
                self._keep_alone(each)
        for deployment_id in self._crews.keys() - wanted.keys():
            self._crews[deployment_id].end(now=self._clock())
            if self._crews[deployment_id].is_idle:
                del self._crews[deployment_id]
        say_supervised(self._client)

    def end(self) -> None:
        """End all workers, each after the batch that it works on."""
        pause = Event()
        while self._crews:
            for deployment_id, crew in list(self._crews.items()):
                crew.end(now=self._clock())
                if crew.is_idle:
                    del self._crews[deployment_id]
            pause.wait(0.05)
        self._client.close()

    def _keep_alone(self, wanted: Wanted) -> None:
        """Keep one deployment up: what is wrong with it holds up no other one. Raises where a part does not answer."""
        try:
            seen = self._crew_of(wanted).keep(wanted, now=self._clock())
            if seen is not None:
                self._note(wanted, seen)
            self._pauses.pop(wanted.deployment_id, None)
        except (OperationalError, InterfaceError, redis.RedisError):
            raise
        except Exception as error:  # of all flows only this one waits
            _log.error("a deployed flow cannot be kept up", exc_info=error)
            words, former = f"it cannot be kept up: {type(error).__name__}", self._pauses.get(wanted.deployment_id)
            self._pauses[wanted.deployment_id] = Pause.after(former, words, now=self._clock())
            self._note(wanted, (FAILING, words))

    def _note(self, wanted: Wanted, seen: Seen) -> None:
        if self._noted.get(wanted.deployment_id) != seen:
            state, trouble = seen
            note_state(wanted.environment_id, wanted.deployment_id, state=state, trouble=trouble, now=timezone.now())
            self._noted[wanted.deployment_id] = seen

    def _look(self) -> None:
        """Read what is wanted where something was changed: every configuration change raises the epoch."""
        if self._clock() >= self._looks_at:
            self._epochs, self._looks_at = {}, self._clock() + LOOK_SECONDS
        epochs = dict(Environment.objects.values_list("pk", "epoch"))
        for environment_id, epoch in epochs.items():
            if self._epochs.get(environment_id) != epoch:
                self._wanted[environment_id] = wanted_in(environment_id)
                self._epochs[environment_id] = epoch
        for gone in self._wanted.keys() - epochs.keys():
            del self._wanted[gone]

    def _now(self, wanted: Wanted) -> Wanted:
        """Return what is wanted at this moment: nobody may work while another reading has not begun."""
        if wanted.reading is None or self._begun.get(wanted.deployment_id) == wanted.reading:
            return wanted
        if Readings(self._client, tag_of(str(wanted.environment_id))).of(wanted.flow) != str(wanted.reading):
            return wanted.turning()
        self._begun[wanted.deployment_id] = wanted.reading
        return wanted

    def _crew_of(self, wanted: Wanted) -> Crew:
        if wanted.deployment_id not in self._crews:
            roster = Roster(self._client, environment_id=wanted.environment_id, flow=wanted.flow)
            self._crews[wanted.deployment_id] = Crew(roster, holder=self._holder, spawn=self._spawn)
        return self._crews[wanted.deployment_id]


def supervise(*, stop: Event, ready: Callable[[], None]) -> None:
    """Keep deployments up until `stop`, then end their workers; `ready` is called after the first look."""
    supervisor, is_first = Supervisor(spawn=spawn_worker), True
    try:
        while not stop.is_set():
            try:
                supervisor.turn()
                if is_first:
                    ready()
                    is_first = False
            except (DatabaseError, redis.RedisError) as error:
                _log.warning("deployments wait for a part that does not answer", exc_info=error)
            stop.wait(TURN_SECONDS)
    finally:
        supervisor.end()


def spawn_worker(wanted: Wanted, place: int) -> subprocess.Popen[bytes]:
    """Start a worker in this process's group, with its environment and its log."""
    about = [f"--environment={wanted.environment_id}", f"--deployment={wanted.deployment_id}", f"--place={place}"]
    command = [sys.executable, "-m", "django", "run_flow", *about, f"--parent={os.getpid()}"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  our own command
