"""Packages of the hub that were installed on this machine: a folder for each version."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dataflow.grammar.faults import Fault, FileRefused
from dataflow.grammar.spec import Import, Meta
from dataflow.packages.folders import open_folder
from dataflow.packages.library import Find, Package


def hub_folder() -> Path:
    """Return where packages of the hub are installed for this account (XDG Base Directory)."""
    base = os.environ.get("XDG_DATA_HOME") or ""
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "sealbook" / "hub"


def folder_of(base: Path, meta: Meta) -> Path:
    """Return where a version lies below the folder of all that is installed."""
    return base / meta.namespace / meta.name / meta.version


def find_installed(base: Path) -> Find:
    """Return what finds packages that were installed below a folder."""

    def find(wanted: Import) -> Package:
        path = folder_of(base, wanted.package)
        if path.is_dir():
            return open_folder(path, wanted.place)
        says = f"the package {wanted.package} is not installed"
        remedy = f"Name its folder under `dev.imports`, or `sealbook hub install {wanted.package}`."
        raise FileRefused([Fault(wanted.place, "imports", says, remedy)])

    return find


def install(base: Path, meta: Meta, files: Mapping[str, str]) -> Path:
    """Write the files of a version, all or none; return its folder. `FileExistsError` where it is there already."""
    path = folder_of(base, meta)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise FileExistsError(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as made:
        whole = Path(made) / "whole"
        for name, text in files.items():
            (whole / name).parent.mkdir(parents=True, exist_ok=True)
            with (whole / name).open("w", encoding="utf-8", newline="") as file:
                file.write(text)
        os.rename(whole, path)  # noqa: PTH104  a folder that somebody else filled meanwhile is not replaced
    return path
