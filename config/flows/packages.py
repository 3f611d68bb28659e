"""`sealbook generate` and `sealbook test`: the package of the folder that they are typed in."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from config.embedded.errors import LaunchError
from dataflow.grammar.faults import FileRefused, Place
from dataflow.grammar.heading import parse_package
from dataflow.inline.running import Runner
from dataflow.packages.folders import ENDINGS, FILES, Folder, open_folder
from dataflow.packages.generating import generate as make_files
from dataflow.packages.generating import new_package
from dataflow.packages.installed import find_installed, hub_folder
from dataflow.packages.library import Find, find_folders
from dataflow.packages.trying import Tried, try_package

_IS_FUNCTION = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")


def generate(words: Sequence[str]) -> int:
    """Make the files that the package of this folder lacks."""
    parser = argparse.ArgumentParser(
        prog="sealbook generate",
        description=f"Make code and tests of the functions of {FILES[0]} in this folder that have none. Nothing is "
        "written over. With --package also the package file, in a folder without one.",
    )
    parser.add_argument("function", nargs="?", default="", help="this function alone")
    parser.add_argument("--package", default="", metavar="NAMESPACE/NAME", help="make a package of this name")
    parser.add_argument("--language", choices=sorted(ENDINGS), default="python", help="of the code (default: python)")
    chosen = parser.parse_args(words)
    folder = Path.cwd()
    try:
        written = [_started(folder, chosen.package, chosen.function)] if chosen.package else []
        package = open_folder(folder, Place(str(folder)))
        if chosen.function and chosen.function not in package.file.functions:
            has = ", ".join(package.file.functions) or "none"
            raise LaunchError(f"{package.file.meta} has no function {chosen.function}; it has: {has}.")
        functions = [chosen.function] if chosen.function else []
        written += make_files(package, _finds(package), functions=functions, language=chosen.language)
    except FileRefused as refused:
        raise LaunchError(_told(refused)) from None
    for path in written:
        _say(f"made {path.relative_to(folder)}")
    if not written:
        _say("Nothing is missing.")
    return 0


def _started(folder: Path, package: str, function: str) -> Path:
    """Write a package file in a folder that has none; its function is called as the package where no name is told."""
    meta = parse_package(f"{package}@0.1.0")
    if meta is None:
        raise LaunchError(f"{package[:80]} names no package: write namespace/name, as in example/mask-ssn-pkg.")
    if any((folder / each).exists() for each in FILES):
        raise LaunchError("There is a package in this folder already: leave --package out.")
    name = function or meta.name
    if not _IS_FUNCTION.fullmatch(name):
        raise LaunchError(f"{name[:80]} is no name of a function: it begins with a letter and has letters, digits, -.")
    return new_package(folder, namespace=meta.namespace, name=meta.name, function=name)


def test(words: Sequence[str]) -> int:
    """Run the tests of the package of this folder."""
    parser = argparse.ArgumentParser(
        prog="sealbook test",
        description="Run the tests that lie beside the functions of the package in this folder "
        "(functions/NAME.cases.yaml). Code runs where it can compute and nothing else.",
    )
    parser.parse_args(words)
    folder = Path.cwd()
    runner = Runner()
    try:
        package = open_folder(folder, Place(str(folder)))
        tried = try_package(package, _finds(package), runner)
    except FileRefused as refused:
        raise LaunchError(_told(refused)) from None
    finally:
        runner.close()
    _report(tried)
    return 1 if any(each.wrong for each in tried) else 0


def _report(tried: Sequence[Tried]) -> None:
    """Say a line for each function, and below it what is wrong."""
    width = max((len(each.function) for each in tried), default=0)
    for each in tried:
        _say(f"{each.function.ljust(width)}  {'FAILED' if each.wrong else 'ok'}  {', '.join(each.tested)}".rstrip())
        for wrong in each.wrong:
            _say("  " + wrong.replace("\n", "\n  "))
    failed = sum(bool(each.wrong) for each in tried)
    _say(f"{len(tried)} function{'' if len(tried) == 1 else 's'}, {failed} failed")


def _finds(package: Folder) -> Find:
    return find_folders(package.path, dev=package.file.dev, otherwise=find_installed(hub_folder()))


def _told(refused: FileRefused) -> str:
    return f"The package cannot be used:\n{refused}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
