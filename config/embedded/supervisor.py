"""One command that runs all of Sealbook on one machine: servers, migrations, demo, web, worker and beat."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from config.embedded.children import Children, end_leftovers
from config.embedded.demo import Credentials, take_credentials, write_demo_env
from config.embedded.errors import LaunchError, ServerFailed
from config.embedded.ports import LOOPBACK, is_free
from config.embedded.preparation import is_prepared, remember_prepared
from config.embedded.processes import wait_until
from config.embedded.provision import Broker, Databases, provide_broker, provide_databases
from config.embedded.sealing import Sealing, provide_sealing
from config.embedded.state import StateDirectory, write_private

BASE_DIR = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 60.0
SEALED_SECONDS = 20.0
NEVER_SEALED = '"sealing": "never"'
WEB_THREADS = 8
WORKER_PROCESSES = 2
WITHHELD = ("DATABASE_MIGRATION_URL", "DATABASE_SEALER_URL", "SEALBOOK_LOG_KEY")
"""What web and worker processes never know."""


class StopRequested(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def run(*, state_dir: Path, port: int) -> None:
    """Run everything until Ctrl-C, SIGTERM or the end of one process; then nothing of it is left running.

    The sealer, its witness and whoever keeps flows up are started again instead.

    Raises `LaunchError` with a text for the person at the terminal.
    """
    begun = time.monotonic()
    state = StateDirectory(state_dir)
    with state.held(), _stop_signals():
        _refuse_taken_port(state, port)
        children = Children(state)
        try:
            _say("Starting the database and the broker ...")
            databases = _provide_databases(state, children)
            broker = _provide_broker(state, children)
            environ = _environment(state, databases=databases, broker=broker, port=port)
            embedded = databases.server is not None
            _make_keyring(state, environ)
            credentials = Credentials()
            if not (embedded and is_prepared(state)):
                credentials = _prepare(state, environ, owner_url=databases.owner)
            if embedded:
                remember_prepared(state)
            sealing = provide_sealing(state, sealer_url=databases.sealer)
            _start_processes(children, environ, sealing=sealing, port=port)
            _announce(state, credentials, port=port, seconds=time.monotonic() - begun)
            _watch(children)
        except StopRequested:
            _say("\nStopping ...")
        finally:
            _ignore_stop_signals()
            children.stop()
            (state.run / "environment.json").unlink(missing_ok=True)


def _refuse_taken_port(state: StateDirectory, port: int) -> None:
    for name in end_leftovers(state):
        _say(f"Ended {name}, left over from a run that was killed.")
    if not is_free(port):
        raise LaunchError(f"Port {port} is in use: choose another one with `make run PORT=...`.")


def _provide_databases(state: StateDirectory, children: Children) -> Databases:
    databases = provide_databases(state)
    if databases.server:
        children.adopt("postgres", databases.server.process, log=databases.server.log)
    return databases


def _provide_broker(state: StateDirectory, children: Children) -> Broker:
    broker = provide_broker(state)
    if broker.server:
        children.adopt("valkey", broker.server.process, log=state.log / "valkey.log")
    return broker


def _environment(state: StateDirectory, *, databases: Databases, broker: Broker, port: int) -> dict[str, str]:
    """Return what web and worker processes may know: not the owner's address, not the superuser's."""
    environ = {name: value for name, value in os.environ.items() if name not in WITHHELD}
    environ |= {
        "DATABASE_URL": databases.app,
        "DATABASE_AUDITOR_URL": databases.auditor,
        "REDIS_URL": broker.url,
        "SEALBOOK_STATE": str(state.root),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    environ.setdefault("SEALBOOK_SECRET_KEY", state.secret_key())
    if "SEALBOOK_LOG_KEY" not in os.environ and "SEALBOOK_WITNESSES" not in os.environ:
        environ.setdefault("SEALBOOK_LOG_PUBLIC_KEY", str(state.root / "log.pub"))
        environ.setdefault("SEALBOOK_WITNESS_PUBLIC_KEYS", str(state.root / "witness.pub"))
    environ.setdefault("SEALBOOK_PUBLIC_URL", f"http://localhost:{port}")
    shared = ("DATABASE_URL", "DATABASE_AUDITOR_URL", "REDIS_URL", "SEALBOOK_SECRET_KEY", "SEALBOOK_PUBLIC_URL")
    borrowed = {name: environ[name] for name in shared} | {"DATABASE_MIGRATION_URL": databases.owner}
    write_private(state.run / "environment.json", json.dumps(borrowed))
    return environ


def _prepare(state: StateDirectory, environ: Mapping[str, str], *, owner_url: str) -> Credentials:
    """Migrate as the owner, seed the demo as the application."""
    _say("Migrating ...")
    _manage(state, "migrate", "--verbosity=0", environ={**environ, "DATABASE_MIGRATION_URL": owner_url})
    if not any(BASE_DIR.glob("*/management/commands/demo.py")):
        return Credentials()
    _say("Seeding the demo ...")
    told = state.run / "credentials"
    write_private(told, "")
    _manage(state, "demo", f"--credentials-file={told}", environ=environ)
    return take_credentials(told)


def _make_keyring(state: StateDirectory, environ: Mapping[str, str]) -> None:
    from keyring.kms.local import create_keyring_file

    path = Path(environ.get("SEALBOOK_KEYRING") or state.root / "keyring.json")
    made_before = state.root / "keyring.made"
    if path.exists():
        return
    if made_before.exists():
        raise LaunchError(
            f"The keyring {path} is gone. The data cannot be read without it and a new one would not open it: "
            f"restore it from a copy, or, when the data may go, move {state.root} away."
        )
    create_keyring_file(path, environ.get("SEALBOOK_KEYRING_PASSPHRASE", ""))
    made_before.touch(mode=0o600)


def _manage(state: StateDirectory, *arguments: str, environ: Mapping[str, str]) -> None:
    log = state.log / f"{arguments[0]}.log"
    with log.open("wb") as sink:
        log.chmod(0o600)
        command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        ended = subprocess.run(command, stdout=sink, stderr=subprocess.STDOUT, env=environ, cwd=BASE_DIR, check=False)  # noqa: S603  our own command
    if ended.returncode:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise ServerFailed(f"`manage.py {arguments[0]}` failed; its log is {log}. The end of it:\n{last}")


def _start_processes(children: Children, environ: Mapping[str, str], *, sealing: Sealing, port: int) -> None:
    """Start web, worker, sealer and beat, and return when all answer. The first page comes first: web has the cores.

    Where there is no sealer or no witness to start, they run elsewhere. Both are kept up: while they are away entries
    wait for their places, nothing is lost, and `/readyz` says so. So is whoever keeps deployed flows up, for which
    nobody here waits.
    """
    _say("Starting web, worker, sealer and beat ...")
    celery = "celery --app=config.celery"
    alone = f"--concurrency={WORKER_PROCESSES} --without-gossip --without-mingle"  # no other workers to talk to
    listening = f"--interface=wsgi --host={LOOPBACK} --port={port} --no-ws"
    threads = f"--workers=1 --blocking-threads={WEB_THREADS} --workers-kill-timeout=10"
    schedule = f"--schedule={children.state.root / 'beat'}"
    children.start(
        "web", _module(f"granian {listening} {threads} --respawn-failed-workers config.wsgi:application"), environ
    )
    _wait_until_web_is_ready(children, port=port)
    worker = children.start("worker", _module(f"{celery} worker --loglevel=INFO {alone}"), environ)
    kept = []
    if sealing.witness:
        kept.append(children.start("witness", sealing.witness, environ))
    if sealing.sealer:
        threads = f"--pool=threads --concurrency=2 --queues={environ.get('SEALBOOK_QUEUE', 'sealbook')}-sealer"
        command = _module(f"{celery} worker --loglevel=WARNING --without-gossip --without-mingle {threads}")
        kept.append(children.start("sealer", [*command, "--hostname=sealer@%h"], {**environ, **sealing.sealer}))
    for child in kept:
        children.wait_for_ready_file(child, seconds=READY_SECONDS)
    beat = children.start("beat", [*_module(f"{celery} beat --loglevel=INFO --pidfile="), schedule], environ)
    children.wait_for_ready_file(worker, seconds=READY_SECONDS)
    children.wait_for_ready_file(beat, seconds=READY_SECONDS)
    kept.append(children.start("deployments", [sys.executable, "-m", "django", "run_deployments"], environ))
    for child in kept:
        children.keep_up(child)
    if sealing.sealer:
        # Reads wait for a book that nobody has ever sealed, and somebody is about to type the README's lines.
        wait_until(lambda: NEVER_SEALED not in _ask(port, "/readyz")[1], seconds=SEALED_SECONDS, pause=0.2)


def _module(arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments.split()]


def _wait_until_web_is_ready(children: Children, *, port: int) -> None:
    answer = "nothing yet"

    def ready() -> bool:
        nonlocal answer
        children.refuse_dead()
        status, answer = _ask(port, "/readyz")
        return status == http.HTTPStatus.OK

    if not wait_until(ready, seconds=READY_SECONDS, pause=0.1):
        raise ServerFailed(
            f"web was not ready within {READY_SECONDS:.0f} s; its log is {children.state.log / 'web.log'}. "
            f"The last answer of /readyz: {answer}"
        )


def _ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        response = connection.getresponse()
        return response.status, response.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, "no connection"
    finally:
        connection.close()


def _announce(state: StateDirectory, credentials: Credentials, *, port: int, seconds: float) -> None:
    url = f"http://localhost:{port}"
    demo_env = write_demo_env(state, url=url, client=credentials.client)
    lines = ["", f"  Sealbook runs at {url}  (ready in {seconds:.1f} s, logs in {state.log})"]
    if credentials.operators:
        lines += ["", "  Sign in as (each password is shown this once):"]
        lines += [
            f"    {one['name']:<14} {one.get('password') or '(as before)':<24} {one.get('role', '')}"
            for one in credentials.operators
        ]
    if demo_env:
        lines += ["", f"  For the lines of the README:  . {os.path.relpath(demo_env)}"]
    lines += ["", "  Ctrl-C stops everything.", ""]
    _say("\n".join(lines))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  the terminal is this command's only reader


def _watch(children: Children) -> None:
    while True:
        children.refuse_dead()
        for text in children.start_ended_again():
            with suppress(OSError):  # nobody may be left to read it
                _say(text)
        time.sleep(0.5)


@contextmanager
def _stop_signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `StopRequested`, whatever runs at that moment."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StopRequested

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_stop_signals() -> None:
    """A second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
