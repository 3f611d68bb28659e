"""The sealer's process: its key, its turns by the clock, and what it says when it cannot work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.errors import LogKeyUnusable
from audit.integrity import working
from audit.integrity.keys import make_key, read_key
from audit.tasks import integrate
from audit.verify.notes import LOG, WITNESS, NoteRefused, read_signer, read_verifier
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import ORIGIN, wrote


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "log.key", name=ORIGIN, kind=LOG)
    return tmp_path / "log.key"


@pytest.fixture
def at_work(settings: Any, key: Path, role_url: AddressOf, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.AUDIT_SEALER_URL, settings.AUDIT_LOG_KEY, settings.AUDIT_TURN_SECONDS = role_url("sealer"), key, 0.01
    monkeypatch.setattr("audit.tasks.INTEGRATING_SECONDS", 1.0)
    yield
    working._put_down()


@pytest.mark.django_db(transaction=True)
def test_a_run_integrates_what_there_is_and_the_next_one_goes_on(at_work: None, role_url: AddressOf) -> None:
    wrote(3)
    first = integrate()
    wrote(2)
    assert first + integrate() == 5
    assert run(role_url("auditor"), "select count(*) from audit_leaf") == [(5,)]
    (size, signed_at, turned_at, behind, trouble) = run(
        role_url("app"), "select size, signed_at, turned_at, behind_since, trouble from audit_integration_state()"
    )[0]
    assert (size, behind, trouble) == (5, None, "")
    assert turned_at and signed_at


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_taken_up_again(at_work: None, role_url: AddressOf, caplog: Any) -> None:
    wrote(1)
    assert integrate() == 1
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sealbook_sealer' and datname = current_database()"  # noqa: E501  one statement
    run(role_url("superuser"), kill)
    wrote(1)
    assert integrate() == 0
    assert "the sealer lost its database" in caplog.text
    assert integrate() == 1


def test_without_role_and_key_it_says_so_and_does_nothing(settings: Any, caplog: Any) -> None:
    settings.AUDIT_SEALER_URL, settings.AUDIT_LOG_KEY = "", None
    with caplog.at_level(logging.ERROR):
        assert integrate() == 0
    assert "the book cannot be signed" in caplog.text


def test_a_key_is_its_owners_alone_and_is_made_once(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    signer = read_key(key, kind=LOG)
    assert (signer.name, read_signer(signer.written())) == (ORIGIN, signer)
    assert read_verifier(str(signer.verifier)) == signer.verifier
    assert "PRIVATE" not in repr(signer) and str(signer.seed) not in repr(signer)
    with pytest.raises(LogKeyUnusable, match="exists"):
        make_key(key, name=ORIGIN, kind=LOG)
    with pytest.raises(LogKeyUnusable, match="something else"):
        read_key(key, kind=WITNESS)
    key.chmod(0o640)
    with pytest.raises(LogKeyUnusable, match="others may read it"):
        read_key(key, kind=LOG)


@pytest.mark.parametrize("content", ["", "PRIVATE+KEY+a", "PRIVATE+KEY+a+00000000+AQ==", "\xff"])
def test_what_is_no_key_is_refused_without_being_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "log.key"
    path.write_text(content, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(LogKeyUnusable) as refused:
        read_key(path, kind=LOG)
    assert not content or content not in str(refused.value)


def test_the_command_makes_a_key_and_shows_the_public_one(tmp_path: Path, capsys: Any) -> None:
    call_command("make_log_key", str(tmp_path / "w.key"), name="witness.example.com", witness=True)
    assert read_verifier(capsys.readouterr().out) == read_key(tmp_path / "w.key", kind=WITNESS).verifier
    with pytest.raises(CommandError, match="neither spaces nor"):
        call_command("make_log_key", str(tmp_path / "x.key"), name="two words")
    assert not (tmp_path / "x.key").exists()


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AQ==", "a b+00000000+AQ=="])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        read_verifier(text)
