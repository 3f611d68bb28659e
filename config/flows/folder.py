"""A folder with a dataflow file: its plan, and where its flow keeps what it needs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from config.embedded.errors import LaunchError
from config.embedded.ports import free_port
from config.embedded.state import read_json, write_private
from config.embedded.valkey import start_valkey
from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.packages.installed import find_installed, hub_folder
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.store.functions import functions_for
from dataflow.store.protocol import Store

FILE = "dataflow.yaml"
STATE = ".sealbook"
LOADING_SECONDS = 600.0
"""For so long a server may read what it holds."""
LOCAL = "local"
"""What stands for the environment where there is no server."""


def plan_here(folder: Path, *, is_production: bool = False, store: Store | None = None) -> Plan:
    """Return the plan of a folder's dataflow file, whose functions ask a store where one is given.

    Raises `LaunchError` with everything that is wrong.
    """
    try:
        text = (folder / FILE).read_text()
    except FileNotFoundError:
        raise LaunchError(f"There is no {FILE} in {folder}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchError(f"{folder / FILE} cannot be read: {type(error).__name__}.") from None
    try:
        file = read_flow(text, FILE)
        find = find_folders(folder, dev=file.dev, otherwise=find_installed(hub_folder()))
        builtins = functions_for(store, purpose=file.purpose, subject=file.subject)
        return plan_flow(file, find=find, builtins=builtins, is_production=is_production)
    except FileRefused as refused:
        count = len(refused.faults)
        raise LaunchError(f"{FILE} has {count} fault{'s' if count > 1 else ''}:\n{refused}") from None


def keys_of(folder: Path) -> KeyFile:
    """Return the key of a folder's flow, which is made where there is none."""
    state = folder / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    return KeyFile(state / "flow.key")


@contextlib.contextmanager
def engine_of(folder: Path, plan: Plan) -> Iterator[RedisStreams]:
    """Have the engine of a folder's flow: on `REDIS_URL` where that is set, else on a server of its own.

    The server of its own is started by whoever comes first and ends with the last one; what it holds stays.
    """
    import redis

    state = folder / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    with contextlib.ExitStack() as undo:
        url = os.environ.get("REDIS_URL") or undo.enter_context(_server_in(state))
        client = redis.Redis.from_url(url)
        undo.callback(client.close)
        try:
            _wait_until_loaded(client)
        except redis.RedisError as error:
            raise LaunchError(f"The Redis-compatible server does not answer: {type(error).__name__}.") from None
        keys = KeyFile(state / "flow.key")
        yield RedisStreams(client, environment=LOCAL, conceal=keys, frames=plan.frames, sealed=plan.sealed)


def _wait_until_loaded(client: Any) -> None:
    """Return when the server answers: one that was just started reads first what it holds. Raises `RedisError`."""
    import redis

    late = monotonic() + LOADING_SECONDS
    while True:
        try:
            client.ping()
            return
        except redis.BusyLoadingError:
            if monotonic() > late:
                raise
            sleep(0.1)


@contextlib.contextmanager
def _server_in(state: Path) -> Iterator[str]:
    """Share one server among the commands of a folder: each holds a shared lock, and the last one ends it."""
    with (state / "server.lock").open("a") as used:
        with _alone(state):
            url = _running(state) or _start(state)
            fcntl.flock(used, fcntl.LOCK_SH)
        try:
            yield url
        finally:
            with _alone(state), contextlib.suppress(BlockingIOError):  # somebody else still uses it
                fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop(state, url)


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    with (state / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _running(state: Path) -> str | None:
    import redis

    url = read_json(state / "server.json").get("url")
    if not url:
        return None
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url, socket_connect_timeout=2) as client:
        with contextlib.suppress(redis.BusyLoadingError):  # it is there: a second one would write to the same files
            client.ping()
        return str(url)
    return None


def _start(state: Path) -> str:
    password = secrets.token_hex(16)
    server = start_valkey(
        directory=state / "valkey", log=state / "valkey.log", port=free_port(), password=password, death_signal=0
    )
    write_private(state / "server.json", json.dumps({"url": server.url}))
    return server.url


def _stop(state: Path, url: str) -> None:
    import redis

    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url) as client:
        client.shutdown(nosave=True)
    (state / "server.json").unlink(missing_ok=True)
