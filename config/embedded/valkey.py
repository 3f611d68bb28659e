"""One Redis-compatible server of our own: start, wait, stop."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.binaries import valkey_binary
from config.embedded.errors import ServerFailed
from config.embedded.identity import Identity
from config.embedded.ports import LOOPBACK, answers
from config.embedded.processes import end_child, wait_until
from config.embedded.state import write_private

START_SECONDS = 20.0
STOP_SECONDS = 10.0

DURABLE = ("appendonly yes", "appendfsync everysec", 'save ""')
THROW_AWAY = ("appendonly no", 'save ""')


@dataclass
class ValkeyServer:
    """A running server; `stop()` returns when it is gone."""

    process: subprocess.Popen[bytes]
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def stop(self) -> None:
        """Shut down; what the append-only file holds is flushed."""
        end_child(self.process, polite=signal.SIGTERM, seconds=STOP_SECONDS)


def start_valkey(
    *,
    directory: Path,
    log: Path,
    port: int,
    password: str,
    persistence: tuple[str, ...] = DURABLE,
    death_signal: int = signal.SIGTERM,
) -> ValkeyServer:
    """Start a server on loopback that asks for the password. Raises `ServerFailed`.

    It gets `death_signal` when the thread that starts it ends; with 0 it stays.

    The password goes through a file that only its owner reads: a command line is public on the machine.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = directory / "valkey.conf"
    lines = (f"bind {LOOPBACK}", f"port {port}", f"requirepass {password}", f'dir "{directory}"', *persistence)
    write_private(config, "\n".join(lines) + "\n")
    with log.open("ab") as sink:
        log.chmod(0o600)
        process = Identity().start(valkey_binary(), config, log=sink, death_signal=death_signal)
    server = ValkeyServer(process=process, port=port, password=password)
    try:
        wait_until(lambda: process.poll() is not None or answers(port), seconds=START_SECONDS)
        if process.poll() is not None or not answers(port):
            raise ServerFailed(f"The Redis-compatible server did not start; see {log}.")
    except BaseException:  # Ctrl-C included: nobody else knows this process yet
        server.stop()
        raise
    return server
