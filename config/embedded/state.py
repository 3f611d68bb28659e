"""The state directory: everything a development server keeps, closed to other accounts.

postgres/  valkey/     data of the embedded servers
log/                   one log per process
run/                   who runs right now
passwords.json         of the database roles and the embedded servers
ports.json             where the embedded servers listen
secret_key             Django's
keyring.json           the local keyring: without it the data cannot be read
keyring.made           says that a keyring was made, so that a lost one is never replaced silently
demo.env               address and credentials of the demo client
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.embedded.errors import AlreadyRunning, LaunchError
from config.embedded.ports import free_port, is_free


class StateDirectory:
    """A directory of our own; files in it are readable by their owner only."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.root.stat().st_uid != os.geteuid():
            raise LaunchError(
                f"{self.root} belongs to another account: run as that account, or choose another directory "
                "with SEALBOOK_STATE."
            )
        self.log = self._directory("log")
        self.run = self._directory("run")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the directory for one run. Raises `AlreadyRunning`; a killed run holds nothing."""
        with (self.root / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise AlreadyRunning(
                    f"Sealbook already runs from {self.root} (process {lock.read().strip() or 'unknown'}): "
                    "stop it first, or choose another directory with SEALBOOK_STATE."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def passwords(self, names: Iterable[str]) -> dict[str, str]:
        """Return a password per name, made once and kept."""
        path = self.root / "passwords.json"
        kept: dict[str, str] = read_json(path)
        missing = {name: secrets.token_hex(24) for name in names if name not in kept}
        if missing:
            write_private(path, json.dumps(kept | missing, indent=1))
        return kept | missing

    def port(self, name: str) -> int:
        """Return the port kept for a server, or a new one where somebody else listens there now."""
        path = self.root / "ports.json"
        kept: dict[str, int] = read_json(path)
        if name not in kept or not is_free(kept[name]):
            kept[name] = free_port()
            write_private(path, json.dumps(kept, indent=1))
        return kept[name]

    def secret_key(self) -> str:
        """Return Django's secret key, made once and kept."""
        path = self.root / "secret_key"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(50))
        return path.read_text().strip()

    def _directory(self, name: str) -> Path:
        directory = self.root / name
        directory.mkdir(mode=0o700, exist_ok=True)
        return directory


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all; only its owner may read it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return what the file holds, nothing where there is no file."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise LaunchError(f"{path} is damaged: restore it from a copy, or move the state directory away.") from None
    return found
