"""A backup that is older than an erasure is restored, and a server is started on it: nobody comes back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from config.embedded.binaries import postgres_binaries
from tests.api.calling import NUMBER, line_of, new_scene
from tests.attacks.web import process_environment, serving
from userstore.actions.erasing import erase_subject

pytestmark = pytest.mark.django_db(transaction=True)

READ = "/userstore/api/accessors"


@pytest.fixture
def restored(role_url: Callable[[str], str]) -> Iterator[str]:
    """The name of a database that is dropped at the end."""
    name, admin = f"restored_{uuid4().hex[:12]}", role_url("superuser")
    yield name
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def run(tool: str, *arguments: str) -> None:
    subprocess.run([str(postgres_binaries() / tool), *arguments], check=True, capture_output=True, timeout=120)


def moved_to(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def test_dump_erase_restore_start_resurrects_nobody(
    role_url: Callable[[str], str], restored: str, tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    book = tmp_path / "erasures.ledger"
    settings.USERSTORE_TOMBSTONES = book  # type: ignore[attr-defined]  # pytest-django's settings
    scene, admin = new_scene(), role_url("superuser")
    line = line_of(scene.service)
    assert scene.write(line).status_code == 200
    assert NUMBER in line.post(READ, scene.read_body()).content.decode()

    run("pg_dump", "--format=custom", f"--file={tmp_path / 'backup'}", admin)
    erase_subject(scene.service.caller, subject_id=scene.subject)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(restored)))
    run("pg_restore", f"--dbname={moved_to(admin, restored)}", str(tmp_path / "backup"))

    there = moved_to(admin, restored)
    with psycopg.connect(there) as connection:
        assert connection.execute("select count(*) from userstore_value").fetchone() != (0,)  # they are back
    environ = process_environment(
        DATABASE_URL=moved_to(role_url("app"), restored),
        DATABASE_AUDITOR_URL=moved_to(role_url("auditor"), restored),
        SEALBOOK_TOMBSTONES=str(book),
    )
    token = line.token
    with serving(tmp_path / "web.log", environ) as web:
        read = web.post(READ, scene.read_body(), token=token)
        user = web.get(f"/authn/users/{scene.subject}", token=token)
    assert (read.status, read.json["data"]) == (200, [])
    assert user.status == 404
    with psycopg.connect(there) as connection:
        assert connection.execute("select count(*) from userstore_value").fetchone() == (0,)
        assert connection.execute("select count(*) from userstore_subject").fetchone() == (0,)
        repeated = "select count(*) from audit_entry where kind = 'subject.erased'"
        assert connection.execute(repeated).fetchone() == (1,)

    # Without the newest ledger nothing is served at all.
    environ["SEALBOOK_TOMBSTONES"] = str(tmp_path / "none.ledger")
    with (
        pytest.raises(AssertionError, match="ledger of erasures ends at line 0"),
        serving(tmp_path / "other.log", environ),
    ):
        pytest.fail("it was served")
