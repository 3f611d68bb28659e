"""All 98 methods of the vendor's client and their 98 asynchronous twins, each called against a live server."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from usercloudssdk.asyncclient import AsyncClient
from usercloudssdk.client import Client

from tests import cast
from tests.contracts.phone_stage import client_of
from tests.contracts.sdk_graph_journeys import data_import, graph, organizations
from tests.contracts.sdk_journeys import JOURNEYS, generated_code

pytestmark = pytest.mark.django_db

RIGHTS = ("read", "write", "resolve", "tokenize", "configure", "consent", "erase")
METHODS = [name for name, _ in inspect.getmembers(Client, inspect.isfunction) if name[0].isupper()]
TWINS = [name for name, _ in inspect.getmembers(AsyncClient, inspect.iscoroutinefunction) if name[0].isupper()]
BROKEN = {"UploadDataImportFileAsync": "hands httpx an open file, which httpx takes from its sync client alone"}
"""Methods that cannot work with any server, and why."""


class Calls:
    """Calls methods by their sync names and notes how each went: "" where it worked."""

    def __init__(self, client: Client, do: Callable[..., Any], suffix: str) -> None:
        self.client = client
        self.do = do
        self.suffix = suffix
        self.last = ""
        self.went: dict[str, str] = {}

    def __call__(self, method: str, /, *args: Any, **named: Any) -> Any:
        self.last = method + self.suffix
        self.went.setdefault(self.last, "")
        try:
            return self.do(self.last, *args, **named)
        except Exception as error:
            if self.last not in BROKEN:
                raise
            self.went[self.last] = repr(error)
            return getattr(self.client, method)(*args, **named)  # so that the journey goes on

    def walk(self, folder: Path) -> dict[str, str]:
        """Go all journeys; what goes wrong in one is told by the method that was called last."""
        files = [partial(each, folder=folder) for each in (generated_code, data_import)]
        for journey in (*JOURNEYS, graph, organizations, *files):
            try:
                journey(self)
            except Exception as error:
                self.went[self.last] = repr(error)
        return self.went


@pytest.fixture(scope="module")
def went(house: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Everything is done once, with either client in an environment of its own; the tests look at how it went."""
    client = client_of(house, _player())
    calls = Calls(client, lambda name, *args, **named: getattr(client, name)(*args, **named), "")
    told = calls.walk(tmp_path_factory.mktemp("sync"))
    player = _player()
    with asyncio.Runner() as loop:
        twin = AsyncClient(url=house, client_id=str(player.client.public_id), client_secret=player.secret)
        calls = Calls(
            client_of(house, player),
            lambda name, *args, **named: loop.run(getattr(twin, name)(*args, **named)),
            "Async",
        )
        yield told | calls.walk(tmp_path_factory.mktemp("async"))
        loop.run(twin._client._client.aclose())


def _player() -> cast.Player:
    return cast.new_player(cast.new_environment(), "surface", **dict.fromkeys(RIGHTS, True))


def _marked(method: str) -> Any:
    if method in BROKEN:
        return pytest.param(method, marks=pytest.mark.xfail(strict=True, reason=BROKEN[method]))
    return method


@pytest.mark.parametrize("method", [_marked(name) for name in (*METHODS, *TWINS)])
def test_every_method_of_the_vendors_client_works(went: dict[str, str], method: str) -> None:
    assert went.get(method, "never called") == ""


def test_there_are_98_methods_and_98_twins() -> None:
    assert (len(METHODS), len(TWINS)) == (98, 98)
    assert {f"{name}Async" for name in METHODS} == set(TWINS)
