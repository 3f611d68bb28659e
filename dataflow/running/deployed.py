"""A flow that runs in an environment as one of its clients: with its rights, its topics and its keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TypeAlias

import redis
from django.conf import settings
from django.db import connections

from dataflow.actions.topics import declare_topics
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.flowfile import read_flow
from dataflow.hub.content import FLOW_FILE, Files
from dataflow.models import Deployment
from dataflow.packages.library import Find, find_folders
from dataflow.planning.plan import Plan, Service
from dataflow.planning.planner import plan_flow
from dataflow.queries import find_in_hub, known_topics
from dataflow.running.living import join_living, say_living
from dataflow.running.working import flow_id, prepare, work
from dataflow.store.concealing import EnvironmentKey
from dataflow.store.functions import functions_for
from dataflow.store.server import ServerStore
from governance.identities import Caller
from keyring.walls import in_environment

PATIENCE = 5.0
"""Seconds that Redis may take while a flow begins and others wait for that."""

Told: TypeAlias = Callable[[str, int], None]
"""Called after each commit with the service's name and the number of records that it was."""


def plan_for(caller: Caller, file: Path) -> Plan:
    """Return the plan of a dataflow file whose functions ask the store as a caller. Raises `FileRefused`, `OSError`."""
    flow = read_flow(file.read_text(), file.name)
    builtins = functions_for(ServerStore(caller), purpose=flow.purpose, subject=flow.subject)
    find = find_folders(file.parent, dev=flow.dev, otherwise=find_in_hub(caller))
    return plan_flow(flow, find=find, builtins=builtins, known=known_topics(caller))


def plan_of(caller: Caller, files: Files, *, find: Find) -> Plan:
    """Return the plan of a published flow whose functions ask the store as a caller. Raises `FileRefused`."""
    flow = read_flow(files[FLOW_FILE], FLOW_FILE)
    builtins = functions_for(ServerStore(caller), purpose=flow.purpose, subject=flow.subject)
    return plan_flow(flow, find=find, builtins=builtins, is_production=True, known=known_topics(caller))


def engine_for(
    caller: Caller,
    frames: Mapping[str, int] | None = None,
    sealed: Mapping[str, int] | None = None,
    *,
    subject: str = "",
    patience: float | None = None,
) -> RedisStreams:
    """Return the environment's topics on the server's Redis.

    Args:
        frames: records of a frame by topic.
        sealed: topics whose records lie sealed, each with the seconds after which they expire.
        subject: where records say whose they are, so that what fails is sealed under the person's key.
        patience: seconds that Redis may take to answer; None: as long as it takes.
    """
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=patience, socket_connect_timeout=patience)
    conceal = EnvironmentKey(caller.environment_id, subject=subject)
    environment = str(caller.environment_id)
    return RedisStreams(client, environment=environment, conceal=conceal, frames=frames, sealed=sealed)


def run_deployed(
    caller: Caller,
    planned: Callable[[], Plan],
    *,
    stop: Event,
    told: Told,
    deployment: Deployment | None = None,
) -> list[str]:
    """Run a flow until `stop`, each service in a thread with a store of its own; return what went wrong.

    Args:
        planned: returns the flow's plan; called for every service, so that none shares a store with another, and
            declared each time: what topics hold may have changed since the one before.
        deployment: which one it was planned for, where it is of one.

    Raises:
        FileRefused: another flow says something else of one of its topics.
        NotFound: the deployment is gone since it was planned, or is of another version.
    """

    def declared() -> Plan:
        plan = planned()
        declare_topics(caller, plan=plan, deployment=deployment)
        return plan

    trouble: list[str] = []
    plan = planned()
    client, told_as = redis.Redis.from_url(settings.REDIS_URL), (str(caller.environment_id), flow_id(plan))
    say_living(client, *told_as)  # before it is declared: who drops a topic meanwhile knows of the one or the other
    try:
        with in_environment(caller.environment_id):  # whoever writes to a topic that is declared misses no reader
            declare_topics(caller, plan=plan, deployment=deployment)
            prepare(plan, engine_for(caller, plan.frames, plan.sealed, patience=PATIENCE))
    except redis.RedisError as error:
        return [f"{flow_id(plan)} cannot begin: {type(error).__name__}"]
    services = [each.name for each in plan.services]
    threads = [Thread(target=_one, args=(caller, declared, name, stop, told, trouble), name=name) for name in services]
    for each in threads:
        each.start()
    join_living(client, *told_as, threads)
    return trouble


def _one(caller: Caller, declared: Callable[[], Plan], name: str, stop: Event, told: Told, trouble: list[str]) -> None:
    try:
        plan = declared()
        keys = EnvironmentKey(caller.environment_id, subject=plan.subject)
        engine = engine_for(caller, plan.frames, plan.sealed, subject=plan.subject)
        work(plan, _service(plan, name), engine, stop=stop, told=partial(told, name), secrets_of=keys)
    except Exception as error:  # the others must not go on as if nothing were
        trouble.append(f"{name} ended: {type(error).__name__}")
    finally:
        stop.set()
        connections.close_all()


def _service(plan: Plan, name: str) -> Service:
    return next(each for each in plan.services if each.name == name)
