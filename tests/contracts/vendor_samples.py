"""The vendor's own sample programs: fetched by hash, unpacked outside the tree, run as they are."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from tests import cast

_PIN = Path(__file__).resolve().parents[2] / "requirements/samples.txt"
_SECONDS = 120


def samples_directory(target: Path) -> Path:
    """Unpack the vendor's source distribution and return the folder of its samples; skip where it cannot be had."""
    archive = _cached_archive()
    with tarfile.open(archive) as opened:
        opened.extractall(target, filter="data")
    return next(target.glob("*/src"))


def _cached_archive() -> Path:
    wanted = re.search(r"sha256:([0-9a-f]{64})", _PIN.read_text())
    assert wanted
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sealbook-tests"
    kept = cache / f"{wanted[1]}.tar.gz"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _download(cache, kept)
    found = hashlib.sha256(kept.read_bytes()).hexdigest()
    if found != wanted[1]:
        kept.unlink()
        pytest.fail(f"the kept copy of the vendor's samples was altered ({found}); it is fetched again the next time")
    return kept


def _download(cache: Path, kept: Path) -> None:
    folder = cache / f"fetching-{os.getpid()}"
    fetched = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--no-binary", ":all:", "--no-build-isolation", "--require-hashes", "--requirement", _PIN, "--dest", folder,
        ],
        capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    archive = next(folder.glob("*.tar.gz"), None)
    if fetched.returncode or archive is None:
        pytest.skip(f"THE VENDOR'S SAMPLES WERE NOT RUN: pip could not fetch them: {fetched.stderr.strip()[-300:]}")
    archive.replace(kept)
    folder.rmdir()


@dataclass(frozen=True)
class Told:
    """What a run of the samples printed."""

    text: str
    passed: int

    def after(self, label: str) -> list[str]:
        """What is printed behind a label, once for each client that ran the sample."""
        return [line.partition(label)[2].strip() for line in self.text.splitlines() if label in line]

    @cached_property
    def complaints(self) -> list[str]:
        """Lines in which a sample says that something went wrong but goes on."""
        wrong = re.compile(r"fail(ed)? to|but no error|missing .* in list|went wrong|expected .* (but|to)|Error:", re.I)
        return [line for line in self.text.splitlines() if wrong.search(line)]


def run_samples(folder: Path, *, url: str, player: cast.Player, named: str) -> Told:
    """Run one of the vendor's tests with both of its clients, in a process that knows nothing of ours."""
    environment = {
        "PATH": os.environ["PATH"],
        "USERCLOUDS_TENANT_URL": url,
        "USERCLOUDS_CLIENT_ID": str(player.client.public_id),
        "USERCLOUDS_CLIENT_SECRET": player.secret,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    ran = subprocess.run(
        [
            sys.executable, "-m", "pytest", "test_sdk_samples.py", "-k", named, "-s", "-q", "--tb=short",
            "-p", "no:cacheprovider",
        ],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    passed = re.search(r"(\d+) passed", ran.stdout)
    told = Told(ran.stdout + ran.stderr, int(passed[1]) if passed else 0)
    assert ran.returncode == 0, told.text[-6000:]
    return told
