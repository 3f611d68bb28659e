"""What the state directory keeps, and for whom."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from config.embedded.children import end_leftovers
from config.embedded.demo import take_credentials, write_demo_env
from config.embedded.errors import AlreadyRunning, LaunchError
from config.embedded.ports import LOOPBACK
from config.embedded.processes import started_at
from config.embedded.state import StateDirectory, read_json, write_private

CLIENT = {"id": "client-id", "secret": "it's a secret"}


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")


def test_every_file_with_a_secret_is_readable_by_its_owner_only(state: StateDirectory) -> None:
    state.passwords(["one"])
    state.secret_key()
    state.port("postgres")
    write_demo_env(state, url="http://localhost:8000", client=CLIENT)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state.root.iterdir() if path.is_file()}
    assert modes == dict.fromkeys(["passwords.json", "secret_key", "ports.json", "demo.env"], 0o600)
    assert stat.S_IMODE(state.root.stat().st_mode) == 0o700


def test_passwords_and_keys_are_made_once_and_kept(state: StateDirectory) -> None:
    first = state.passwords(["one"])
    both = StateDirectory(state.root).passwords(["one", "two"])
    assert both["one"] == first["one"] != both["two"]
    assert state.secret_key() == StateDirectory(state.root).secret_key()


def test_a_port_is_kept_until_a_stranger_takes_it(state: StateDirectory) -> None:
    kept = state.port("postgres")
    assert state.port("postgres") == kept
    with socket.socket() as stranger:
        stranger.bind((LOOPBACK, kept))
        stranger.listen()
        assert state.port("postgres") != kept


def test_two_runs_cannot_hold_the_same_state_directory(state: StateDirectory) -> None:
    with state.held(), pytest.raises(AlreadyRunning, match=str(os.getpid())), StateDirectory(state.root).held():
        pass
    with state.held():
        pass


def test_a_damaged_file_is_named_and_never_replaced(state: StateDirectory) -> None:
    (state.root / "passwords.json").write_text("{")
    with pytest.raises(LaunchError, match=r"passwords\.json is damaged"):
        state.passwords(["one"])
    assert (state.root / "passwords.json").read_text() == "{"


def test_the_demo_file_works_in_a_shell(state: StateDirectory) -> None:
    path = write_demo_env(state, url="http://localhost:8000", client=CLIENT)
    shown = subprocess.run(
        ["sh", "-c", f'. {path} && printf \'%s|%s\' "$USERCLOUDS_CLIENT_SECRET" "$USERCLOUDS_TENANT_URL"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == f"{CLIENT['secret']}|http://localhost:8000"


def test_the_demo_file_keeps_its_client_and_renews_its_address(state: StateDirectory) -> None:
    write_demo_env(state, url="http://localhost:8000", client=CLIENT)
    path = write_demo_env(state, url="http://localhost:9000", client={})
    assert path
    text = path.read_text()
    assert "client-id" in text
    assert ":8000" not in text
    assert text.count("http://localhost:9000") == 2


def test_without_a_demo_client_there_is_no_demo_file(state: StateDirectory) -> None:
    assert write_demo_env(state, url="http://localhost:8000", client={}) is None


def test_credentials_are_read_once(tmp_path: Path) -> None:
    told = tmp_path / "credentials"
    write_private(told, json.dumps({"operators": [{"name": "officer", "password": "p", "role": "officer"}]}))
    assert take_credentials(told).operators[0]["name"] == "officer"
    assert not told.exists()
    assert take_credentials(told).operators == []


def test_a_leftover_process_is_ended_only_when_its_start_time_matches(state: StateDirectory) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as ours, subprocess.Popen(["sleep", "60"]) as other:
        try:
            write_private(state.run / "web.json", json.dumps({"pid": ours.pid, "started": started_at(ours.pid)}))
            write_private(state.run / "beat.json", json.dumps({"pid": other.pid, "started": "long ago"}))
            assert end_leftovers(state) == ["web"]
            assert ours.wait(5) != 0
            assert other.poll() is None
            assert read_json(state.run / "beat.json") == {}
        finally:
            ours.kill()
            other.kill()
