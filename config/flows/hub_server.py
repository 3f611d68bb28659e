"""The hub of a server, as one of its clients sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import quote, urlencode

from config.embedded.errors import LaunchError
from config.flows.server import named_server
from dataflow.grammar.spec import Meta
from dataflow.store.calls import CallRefused, Server, ServerAway

ITEMS = "/dataflow/hub/items"
_PAGE = 1_000
_FAILED = 500


class AlreadyThere(LaunchError):
    """The version is in the hub; `is_identical`: with the same files."""

    def __init__(self, said: str, *, is_identical: bool) -> None:
        super().__init__(said)
        self.is_identical = is_identical


class NoAnswer(LaunchError):
    """Nobody answered, or nobody who knows: what was asked may be done or not."""


class HubServer:
    """Calls of the hub under an access token. Every method raises `LaunchError` with what the server says."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @classmethod
    def named(cls) -> Self:
        """Return the server that the environment of this process names."""
        server = named_server()
        try:
            server.sign_in()
        except ServerAway as away:
            raise LaunchError(str(away)) from None
        except CallRefused as refused:
            raise _problem(refused) from None
        return cls(server)

    def items(self) -> Iterator[Mapping[str, Any]]:
        """Yield everything that the client sees."""
        cursor, has_next = "", True
        while has_next:
            page = self._ask("GET", f"{ITEMS}?{urlencode({'limit': _PAGE, 'starting_after': cursor})}")
            yield from page["data"]
            cursor, has_next = page["next"], page["has_next"]

    def find(self, meta: Meta) -> Mapping[str, Any]:
        """Return one version."""
        told = {"namespace": meta.namespace, "name": meta.name, "version": meta.version}
        one, two, three = (f"('{key}',EQ,'{value}')" for key, value in told.items())
        found = self._ask("GET", f"{ITEMS}?{urlencode({'filter': f'(({one},AND,{two}),AND,{three})'})}")["data"]
        if not found:
            raise LaunchError(f"There is no {meta} in the hub, or this client does not see it.")
        item: Mapping[str, Any] = found[0]
        return item

    def show(self, item_id: str) -> Mapping[str, Any]:
        """Return what a version offers."""
        return self._ask("GET", f"{ITEMS}/{quote(item_id)}")

    def content(self, item_id: str) -> Mapping[str, Any]:
        """Return the files of a version and their digest."""
        return self._ask("GET", f"{ITEMS}/{quote(item_id)}/content")

    def publish(self, files: Mapping[str, str], *, is_public: bool) -> Mapping[str, Any]:
        """Publish files; raises `AlreadyThere` as well."""
        return self._ask("POST", ITEMS, {"files": dict(files), "is_public": is_public})

    def _ask(self, method: str, path: str, body: Any = None, *, once: str = "") -> dict[str, Any]:
        try:
            told = self._server.ask(method, path, body, once=once)
        except ServerAway as away:
            raise NoAnswer(str(away)) from None
        except CallRefused as refused:
            raise _problem(refused) from None
        if not isinstance(told, dict):
            raise LaunchError("The server does not answer as it should.")
        return told


def _problem(refused: CallRefused) -> LaunchError:
    conflict = refused.told.get("conflict")
    if refused.status == 409 and isinstance(conflict, dict):
        return AlreadyThere(str(refused), is_identical=bool(conflict.get("identical")))
    if refused.status >= _FAILED:
        return NoAnswer(f"The server fails: {refused}")
    return LaunchError(f"The server refuses: {refused}")
