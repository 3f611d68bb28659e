"""The hub of a server, as one of its clients sees it."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from config.embedded.errors import LaunchError
from dataflow.grammar.spec import Meta

ITEMS = "/dataflow/hub/items"
_NAMES = ("SEALBOOK_URL", "USERCLOUDS_CLIENT_ID", "USERCLOUDS_CLIENT_SECRET")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS = 60
_LARGEST_ANSWER = 8 * 1024 * 1024
_PAGE = 1_000


class AlreadyThere(LaunchError):
    """The version is in the hub; `is_identical`: with the same files."""

    def __init__(self, said: str, *, is_identical: bool) -> None:
        super().__init__(said)
        self.is_identical = is_identical


class HubServer:
    """Calls of the hub under an access token. Every method raises `LaunchError` with what the server says."""

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        self._parts = urlsplit(url)
        if self._parts.scheme != "https" and (self._parts.scheme != "http" or self._parts.hostname not in _LOOPBACK):
            raise LaunchError("SEALBOOK_URL is an https address; http is for this machine alone.")
        basic = b64encode(f"{quote(client_id)}:{quote(secret)}".encode()).decode()
        form = urlencode({"grant_type": "client_credentials"}).encode()
        told = self._exchange("POST", "/oidc/token", form, "application/x-www-form-urlencoded", f"Basic {basic}")
        self._token = f"Bearer {told['access_token']}"

    @classmethod
    def named(cls) -> HubServer:
        """Return the server that the environment of this process names."""
        missing = [name for name in _NAMES if not os.environ.get(name)]
        if missing:
            raise LaunchError(f"The hub is a server's, called as one of its clients: set {', '.join(missing)}.")
        return cls(*(os.environ[name] for name in _NAMES))

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

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        return self._exchange(method, path, data, "application/json", self._token)

    def _exchange(self, method: str, path: str, body: bytes | None, kind: str, credentials: str) -> dict[str, Any]:
        connect = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = connect(self._parts.hostname or "", self._parts.port, timeout=_SECONDS)
        try:
            headers = {"Content-Type": kind, "Authorization": credentials}
            connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            told = json.loads(response.read(_LARGEST_ANSWER))
        except (OSError, HTTPException, ValueError):
            raise LaunchError("The server does not answer as it should.") from None
        finally:
            connection.close()
        if not isinstance(told, dict):
            raise LaunchError("The server does not answer as it should.")
        if response.status >= 300:
            raise _problem(response.status, told)
        return told


def _problem(status: int, told: Mapping[str, Any]) -> LaunchError:
    said = str(told.get("detail") or told.get("error_description") or told.get("error") or f"It answered {status}.")
    remedy = f" {told['remedy']}" if told.get("remedy") else ""
    conflict = told.get("conflict")
    if status == 409 and isinstance(conflict, dict):
        return AlreadyThere(f"{said}{remedy}", is_identical=bool(conflict.get("identical")))
    return LaunchError(f"The server refuses: {said}{remedy}")
