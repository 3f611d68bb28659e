"""`sealbook publish` and `sealbook hub list|show|install`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from config.embedded.errors import LaunchError
from config.flows.hub_server import AlreadyThere, HubServer
from config.flows.packages import test
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.heading import parse_package
from dataflow.grammar.spec import Meta
from dataflow.hub.content import FLOW_FILE, README, Content, digest_of, read_content
from dataflow.hub.showing import line_of
from dataflow.packages.folders import CODE, ENDINGS, FILES, cases_name, snake
from dataflow.packages.installed import folder_of, hub_folder, install

MOST_INSTALLED = 100
"""Packages that come with one, those that they import included."""


def publish(words: Sequence[str]) -> int:
    """Publish the flow or the package of this folder."""
    parser = argparse.ArgumentParser(
        prog="sealbook publish",
        description="Publish the flow or the package of this folder in the hub of SEALBOOK_URL, for good, as the "
        "client of USERCLOUDS_CLIENT_ID and USERCLOUDS_CLIENT_SECRET. The tests of a package run first.",
    )
    parser.add_argument("--public", action="store_true", help="for whoever holds any right in the environment")
    chosen = parser.parse_args(words)
    folder = Path.cwd()
    content = _content_of(folder)
    if content.kind == "package" and test(()) != 0:
        return 1
    try:
        HubServer.named().publish(content.files, is_public=chosen.public)
    except AlreadyThere as there:
        if not there.is_identical:
            raise
        _say(f"{content.file.meta} is in the hub already, with these files.")
        return 0
    _say(f"{content.file.meta} is published, {'for everybody here' if chosen.public else 'private'}.")
    return 0


def hub(words: Sequence[str]) -> int:
    """Say what the hub has, or install something of it."""
    parser = argparse.ArgumentParser(prog="sealbook hub", description="What is published in the hub of SEALBOOK_URL.")
    asked = parser.add_subparsers(dest="asked", required=True)
    asked.add_parser("list", help="everything that the client sees")
    for name, says in (("show", "what it offers"), ("install", "put it, and what it imports, on this machine")):
        asked.add_parser(name, help=says).add_argument("item", metavar="NAMESPACE/NAME@VERSION")
    chosen = parser.parse_args(words)
    if chosen.asked == "list":
        return _list(HubServer.named())
    meta = parse_package(chosen.item)
    if meta is None:
        raise LaunchError(f"{chosen.item[:80]} names no version: write it as in example/mask-ssn-pkg@0.1.0.")
    return _show(HubServer.named(), meta) if chosen.asked == "show" else _install(HubServer.named(), meta)


def _list(server: HubServer) -> int:
    found = [(f"{each['namespace']}/{each['name']}@{each['version']}", each) for each in server.items()]
    width = max((len(name) for name, _ in found), default=0)
    for name, each in sorted(found, key=lambda pair: pair[0]):
        _say(f"{name.ljust(width)}  {each['kind'].ljust(7)}  {'public' if each['is_public'] else 'private'}")
    if not found:
        _say("There is nothing that this client sees.")
    return 0


def _show(server: HubServer, meta: Meta) -> int:
    shown = server.show(str(server.find(meta)["id"]))
    _say(f"{meta}  {shown['kind']}  {'public' if shown['is_public'] else 'private'}\nsha256 {shown['digest']}")
    for name in ("imports", "types", "topics", "services"):
        if shown[name]:
            _say(f"{name}: {', '.join(shown[name])}")
    for each in shown["functions"]:
        _say(line_of(each))
    return 0


def _install(server: HubServer, meta: Meta) -> int:
    waiting, seen = [meta], set[Meta]()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        if len(seen) > MOST_INSTALLED:
            raise LaunchError(f"{meta} imports more than {MOST_INSTALLED} packages.")
        content = _downloaded(server, one)
        try:
            _say(f"{one} is in {install(hub_folder(), one, content.files)}")
        except FileExistsError:
            _must_be_as_published(one, content)
            _say(f"{one} is installed already")
        waiting += [each.package for each in content.file.imports]
    return 0


def _downloaded(server: HubServer, meta: Meta) -> Content:
    """Return a version as it was published: what came otherwise on its way is not installed."""
    item = server.find(meta)
    files = server.content(str(item["id"])).get("files")
    if not isinstance(files, dict) or not all(isinstance(each, str) for each in files.values()):
        raise LaunchError("The server does not answer as it should.")
    try:
        content = read_content(files)
    except FileRefused as refused:
        raise LaunchError(f"{meta} cannot be installed:\n{refused}") from None
    if digest_of(files) != item["digest"] or content.file.meta != meta:
        raise LaunchError(f"{meta} is not what was published: its digest or its name differs.")
    return content


def _must_be_as_published(meta: Meta, content: Content) -> None:
    folder = folder_of(hub_folder(), meta)
    for name, text in content.files.items():
        try:
            is_same = (folder / name).read_bytes() == text.encode()
        except OSError:
            is_same = False
        if not is_same:
            raise LaunchError(f"{folder / name} is not as it was published. Remove {folder} and install it again.")


def _content_of(folder: Path) -> Content:
    files: dict[str, str] = {}
    for name in (FLOW_FILE, README, *FILES):
        files |= _read(folder, name)
    try:
        content = read_content(files)
        for name in _of_functions(content):
            files |= _read(folder, name)
        return read_content(files)
    except FileRefused as refused:
        raise LaunchError(f"What is here cannot be published:\n{refused}") from None


def _of_functions(content: Content) -> Iterator[str]:
    for function in getattr(content.file, "functions", ()):
        yield cases_name(function)
        yield from (f"{CODE}/{snake(function)}{ending}" for ending in ENDINGS.values())


def _read(folder: Path, name: str) -> dict[str, str]:
    try:
        return {name: (folder / name).read_bytes().decode()}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchError(f"{folder / name} cannot be read: {type(error).__name__}.") from None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
