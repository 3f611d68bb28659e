"""Who a server runs as: PostgreSQL refuses to run as root, so root needs another identity for it.

First choice is a user namespace of one process: inside it the server sees user 1000, outside everything stays root's
and no permission changes. Where the system forbids that, an existing unprivileged account serves.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from config.embedded.errors import LaunchError

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Identity:
    """How to start a program as somebody PostgreSQL accepts."""

    prefix: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    account: pwd.struct_passwd | None = None

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run to the end; output is captured, nothing is raised for a failing command."""
        return subprocess.run(  # noqa: S603  every command is put together here, no shell is involved
            [*self.prefix, *map(str, command)], capture_output=True, text=True, check=False, **self.options
        )

    def start(
        self, *command: str | Path, log: IO[bytes], death_signal: int = signal.SIGTERM
    ) -> subprocess.Popen[bytes]:
        """Start in a session of its own, so that Ctrl-C reaches the supervisor first."""
        return subprocess.Popen(  # noqa: S603  as above
            [*self.prefix, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),  # noqa: PLW1509  one prctl call, made before any thread starts
            **self.options,
        )

    def give(self, path: Path) -> None:
        """Hand a path of ours to the account; the other identities own it already."""
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Return whether this identity may enter the directory."""
        return self.run("test", "-x", path).returncode == 0


def unprivileged() -> Identity:
    """Return an identity that may run PostgreSQL on this machine, for root and for everybody else."""
    if os.geteuid() != 0:
        return Identity()
    return namespaced() or account()


def namespaced() -> Identity | None:
    """Return the user-namespace identity, None where the system forbids it."""
    if not shutil.which(NAMESPACE[0]):
        return None
    identity = Identity(prefix=NAMESPACE)
    return identity if identity.run("true").returncode == 0 else None


def account() -> Identity:
    """Return the first existing unprivileged account (`initdb` needs one with a passwd row)."""
    for name in ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        options = {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": [], "cwd": "/"}
        return Identity(options=options, account=found)
    raise LaunchError(
        "PostgreSQL refuses to run as root, user namespaces are forbidden here and there is no account "
        f"{' or '.join(ACCOUNTS)}: run as an ordinary user, or set DATABASE_URL and DATABASE_MIGRATION_URL."
    )


def die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """Return what a child calls before exec so that the kernel signals it when its parent is killed (Linux only)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    set_death_signal = 1  # PR_SET_PDEATHSIG of linux/prctl.h

    def ask() -> None:
        prctl(set_death_signal, death_signal, 0, 0, 0)

    return ask
