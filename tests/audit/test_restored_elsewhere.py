"""A dump that is restored into another cluster goes on as the same book; whoever kept more sees what is missing."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from audit.integrity.exporting import exported
from audit.integrity.integrating import Sealer
from audit.verify.checkpoints import Keys
from audit.verify.notes import Checkpoint, read_checkpoint, read_note
from audit.verify.reports import Report, Verdict
from audit.verify.verifying import verify
from config.database.roles import LOGIN_ROLES, bootstrap_database
from config.embedded.binaries import postgres_binaries
from config.embedded.ports import LOOPBACK, free_port
from config.embedded.postgres import THROW_AWAY, start_postgres
from tests.audit.connections import SET_ENVIRONMENT, AddressOf
from tests.audit.sealing import LOG_KEY, sealing, turned_until, wrote
from tests.audit.vocabulary import ENVIRONMENT

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = (
    "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, body) "
    "values (%s, %s, 'a.b', 'done', 'system', '{}')"
)


@pytest.fixture
def another(tmp_path: Path) -> Iterator[AddressOf]:
    """Another cluster with the roles and an empty database; gives the address of each role."""
    password = secrets.token_hex(16)
    server = start_postgres(
        data=tmp_path / "data", log=tmp_path / "log", port=free_port(), password=password, settings=THROW_AWAY
    )
    try:
        passwords = {role: secrets.token_hex(16) for role in LOGIN_ROLES}
        bootstrap_database(admin_url=server.admin_url, database="elsewhere", passwords=passwords)
        admin = urlsplit(server.admin_url)._replace(path="/elsewhere").geturl()

        def address(role: str) -> str:
            name = f"sealbook_{role}"
            if role == "superuser":
                return admin
            return f"postgresql://{name}:{passwords[name]}@{LOOPBACK}:{server.port}/elsewhere"

        yield address
    finally:
        server.stop()


def report_of(address: str, kept: Checkpoint) -> Report:
    with psycopg.connect(address) as connection:
        lines = exported(connection, first=0, environment_id=None)
        return verify(lines, keys=Keys(LOG_KEY.verifier), kept=kept)


def run_tool(tool: str, *arguments: str) -> None:
    subprocess.run([str(postgres_binaries() / tool), *arguments], check=True, capture_output=True, timeout=120)


def test_a_book_goes_on_in_another_cluster(role_url: AddressOf, another: AddressOf, tmp_path: Path) -> None:
    with sealing(role_url) as sealer:
        wrote(270)
        kept = read_checkpoint(read_note(turned_until(sealer, 270).note or ""))
        wrote(2)
        run_tool("pg_dump", "--format=custom", f"--file={tmp_path / 'dump'}", role_url("superuser"))
        wrote(3)
        later = read_checkpoint(read_note(turned_until(sealer, 275).note or ""))
    run_tool("pg_restore", f"--dbname={another('superuser')}", str(tmp_path / "dump"))

    with psycopg.connect(another("sealer")) as connection, psycopg.connect(another("app")) as writer:
        there = Sealer(connection, LOG_KEY)
        turned_until(there, 272)
        writer.execute(SET_ENVIRONMENT, [str(ENVIRONMENT)])
        writer.execute(INSERT, [uuid4(), ENVIRONMENT])
        writer.commit()
        turned_until(there, 273)
    whole = report_of(another("auditor"), kept)
    assert (whole.verdict, whole.size) == (Verdict.WHOLE, 273), whole.as_text()
    lost = report_of(another("auditor"), later)
    assert lost.verdict is Verdict.BROKEN and lost.first_bad is not None
    assert (lost.first_bad.kind, lost.first_bad.index) == ("cut", 273)
