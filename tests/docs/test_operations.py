"""The first start of a production server, command by command as docs/operations.md has it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded.ports import LOOPBACK, free_port
from config.embedded.postgres import THROW_AWAY, PostgresServer, start_postgres
from config.embedded.processes import wait_until
from tests.docs.blocks import ROOT, blocks
from tests.openbao import OpenBao, openbao_binary, start_openbao

PAGE = "docs/operations.md"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """A cluster that knows nothing of Sealbook yet."""
    started = start_postgres(
        data=tmp_path / "postgres",
        log=tmp_path / "postgres.log",
        port=free_port(),
        password=secrets.token_hex(16),
        settings=THROW_AWAY,
    )
    yield started
    started.stop()


def commands(block: str) -> list[list[str]]:
    return [shlex.split(line, comments=True) for line in block.splitlines() if line.strip()]


def bare_environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEALBOOK_", "DATABASE_"))}
    here = str(Path(sys.executable).parent)
    return kept | {
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "SEALBOOK_STATE": str(tmp_path / "state"),
        "SEALBOOK_SECRET_KEY": secrets.token_urlsafe(50),
        "SEALBOOK_KEYRING_PASSPHRASE": "a long passphrase of the test",
        "PYTHONPATH": str(ROOT),
    }


def run(command: list[str], cwd: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def transit_beside(server: OpenBao) -> dict[str, str]:
    """The variables of an installation that moves from the keyring file to a transit engine."""
    return {
        "SEALBOOK_KMS": "transit,local",
        "SEALBOOK_TRANSIT_ADDRESS": server.tls_address,
        "SEALBOOK_TRANSIT_CA": str(server.ca),
        "SEALBOOK_TRANSIT_TOKEN_FILE": str(server.add_key("sealbook")),
    }


@pytest.fixture
def openbao(tmp_path: Path) -> Iterator[OpenBao | None]:
    started = start_openbao(tmp_path / "openbao") if openbao_binary() else None
    yield started
    if started:
        started.stop()


def test_the_first_start_runs_as_the_page_has_it(
    server: PostgresServer, openbao: OpenBao | None, tmp_path: Path
) -> None:
    first_start, processes, move, backups = blocks(PAGE, "sh")
    environ = bare_environment(tmp_path)
    (tmp_path / "state").mkdir(mode=0o700)
    bootstrap, *steps = commands(first_start)
    run(bootstrap, tmp_path, {**environ, "SEALBOOK_ADMIN_URL": server.admin_url})
    passwords = json.loads((tmp_path / "passwords.json").read_text())

    def url(role: str) -> str:
        return f"postgresql://{role}:{passwords[role]}@{LOOPBACK}:{server.port}/sealbook"

    environ |= {"DATABASE_URL": url("sealbook_app"), "DATABASE_AUDITOR_URL": url("sealbook_auditor")}
    told = {}
    for step in steps:
        owner = {"DATABASE_MIGRATION_URL": url("sealbook_owner")} if step[1] == "migrate" else {}
        told[step[1]] = run(step, tmp_path, environ | owner)
    assert re.search(r"Client secret: sbs_\S+", told["create_client"])
    assert "shown this once" in told["create_officer"]
    with psycopg.connect(url("sealbook_auditor")) as auditor:
        kinds = {row[0] for row in auditor.execute("select distinct kind from audit_entry").fetchall()}
    assert {"environment.defined", "account.defined", "client.defined", "client.secret_issued", "right.given"} <= kinds
    (tmp_path / "receipt.txt").write_text(ran_python(ERASE, tmp_path, environ))
    replay, verify = commands(backups)
    assert "nobody to erase again" in run(replay, tmp_path, environ)
    assert '"statement": "The key of this person was destroyed' in run(verify, tmp_path, environ)
    if openbao:
        environ |= transit_beside(openbao)  # which everything needs from the first move on
        for command in commands(move):
            assert "prod: 1 keys" in run(command, tmp_path, environ)
    come_up_and_stay_up(commands(processes), tmp_path, environ)


ERASE = """
import django
django.setup()
from governance.actions.clients import define_client
from governance.actions.rights import give_right
from governance.identities import Caller, system_caller
from governance.models import Environment
from userstore.actions.erasing import erase_subject
from userstore.actions.subjects import create_subject
environment = Environment.objects.get()
client = define_client(system_caller(environment.id), name="forgetting")
for operation in ("write", "erase"):
    give_right(system_caller(environment.id), holder=client.account, operation=operation, on=environment)
caller = Caller("client", client.public_id, client.account_id, environment.id, client.name)
print(erase_subject(caller, subject_id=create_subject(caller).public_id).erasure.receipt)
"""


def ran_python(text: str, cwd: Path, environ: dict[str, str]) -> str:
    """What a program says that works with the installation."""
    environ = {**environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", text]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=True).stdout


def come_up_and_stay_up(wanted: list[list[str]], cwd: Path, environ: dict[str, str]) -> None:
    """The processes of production come up beside each other and stay up until they are told to end."""
    with contextlib.ExitStack() as ending:
        port = str(free_port())
        wanted = [[port if word == "8000" else word for word in command] for command in wanted]
        running = [ending.enter_context(started(command, cwd, environ)) for command in wanted]
        assert wait_until(lambda: answers(port) or any(each.poll() for each, _ in running), seconds=60)
        time.sleep(3)
        for process, log in running:
            assert process.poll() is None, log.read_text()


def answers(port: str) -> bool:
    """Whether the web process has loaded everything and serves; a refusal is an answer as well."""
    try:
        urllib.request.urlopen(f"http://{LOOPBACK}:{port}/healthz", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def started(command: list[str], cwd: Path, environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start one process; it is ended with all that it started itself."""
    log = cwd / f"process-{len(list(cwd.glob('process-*')))}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=cwd, env=environ, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process, log
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own workers as well
        process.wait()


def test_every_command_the_page_names_exists() -> None:
    text = (ROOT / PAGE).read_text()
    named = set(re.findall(r"`sealbook ([a-z_-]+)", text)) | {c[1] for c in commands(blocks(PAGE, "sh")[0])}
    known = {path.stem for path in ROOT.glob("*/management/commands/*.py")} | {"bootstrap-database", "run", "check"}
    assert named <= known | {"migrate"}
