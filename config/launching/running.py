"""Starting a measured program: as a user of its own, with a clean environment and a line on which it gets its token."""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.errors import LaunchError
from config.launching.measuring import Measured
from config.launching.vouching import LaunchRefused, Session

SESSION_FD = "SEALBOOK_SESSION_FD"
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = ("LANG", "LC_ALL", "TZ")
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_LONGEST_REQUEST = 256


@dataclass(frozen=True, slots=True)
class Workplace:
    """As whom a program runs, and what of the environment it sees.

    Args:
        user: the account, None for the launcher's own.
        kept: names of further variables that it gets.
    """

    user: pwd.struct_passwd | None
    kept: tuple[str, ...] = ()

    @property
    def is_separated(self) -> bool:
        return self.user is not None


def workplace_of(user: str, *, kept: Sequence[str] = ()) -> Workplace:
    """Return the workplace of an account of its own.

    Raises:
        LaunchError: there is no such account, or it is root or the launcher's own: it could read the launcher's key.
    """
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        raise LaunchError("there is no such user") from None
    if found.pw_uid in (0, os.geteuid()):
        raise LaunchError("the workload needs a user of its own: neither root nor the launcher's")
    return Workplace(found, _allowed(kept))


def own_workplace(*, kept: Sequence[str] = ()) -> Workplace:
    """Return the workplace of the launcher's own user, for development."""
    return Workplace(None, _allowed(kept))


def run_measured(
    measured: Measured,
    arguments: Sequence[str],
    *,
    at: Workplace,
    server: str,
    session: Session,
    renew: Callable[[], Session],
) -> int:
    """Run a sealed copy until it ends and return its exit status, 128 and the signal's number where one ended it.

    Raises:
        LaunchError: it cannot be started.
    """
    ours, theirs = socket.socketpair()
    _guard_ourselves()
    with ours, theirs:
        try:
            process = subprocess.Popen(  # noqa: S603  what runs is what was measured and vouched for
                ["artifact", *arguments],  # noqa: S607  the name that it sees, not a path
                executable=f"/proc/self/fd/{measured.descriptor}",
                pass_fds=(measured.descriptor, theirs.fileno()),
                env=_environment(at, server, theirs.fileno()),
                cwd="/",
                umask=0o077,
                **_identity(at),
            )
        except OSError as error:
            raise LaunchError(f"the artifact cannot be started: {error.strerror}") from None
        theirs.close()
        threading.Thread(target=_answer, args=(ours, session, renew), daemon=True).start()
        for number in _PASSED_ON:
            signal.signal(number, lambda received, _: process.send_signal(received))
        status = process.wait()
    return status if status >= 0 else 128 - status


def _answer(line: socket.socket, session: Session, renew: Callable[[], Session]) -> None:
    """Send a token at once, and another one, renewed where it is needed, for each line that comes."""
    current = session
    try:
        _send(line, _told(current))
        with line.makefile("rb") as requests:
            while requests.readline(_LONGEST_REQUEST):
                try:
                    current = renew() if current.is_over_soon else current
                    _send(line, _told(current))
                except LaunchRefused as refused:
                    _send(line, {"error": "refused", "reasons": refused.reasons})
                except LaunchError as problem:
                    _send(line, {"error": str(problem), "reasons": []})
    except OSError:
        return  # the workload closed its end, or is gone


def _told(session: Session) -> dict[str, Any]:
    return {"access_token": session.token, "token_type": "Bearer"}


def _send(line: socket.socket, answer: dict[str, Any]) -> None:
    line.sendall(json.dumps(answer).encode() + b"\n")


def _environment(at: Workplace, server: str, descriptor: int) -> dict[str, str]:
    """Return what the workload sees: nothing by which somebody else could load code into it."""
    kept = {name: os.environ[name] for name in (*_KEPT, *at.kept) if name in os.environ}
    who = {"HOME": at.user.pw_dir, "USER": at.user.pw_name, "LOGNAME": at.user.pw_name} if at.user else {}
    ours = {"PATH": SEARCHED, "PYTHONNOUSERSITE": "1", "SEALBOOK_URL": server, SESSION_FD: str(descriptor)}
    return {**kept, **who, **ours}


def _identity(at: Workplace) -> dict[str, Any]:
    if at.user is None:
        return {}
    groups = os.getgrouplist(at.user.pw_name, at.user.pw_gid)
    return {"user": at.user.pw_uid, "group": at.user.pw_gid, "extra_groups": groups}


def _guard_ourselves() -> None:
    """Let nobody read this process's memory, and neither it nor its children gain rights by what they execute."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise LaunchError("this system cannot guard the launcher")


def _allowed(kept: Sequence[str]) -> tuple[str, ...]:
    for name in kept:
        if name.startswith(("LD_", "PYTHON", "SEALBOOK_")) or "=" in name or not Path(name).name == name:
            raise LaunchError(f"{name} is not handed on: it could change what the measured program does")
    return tuple(kept)
