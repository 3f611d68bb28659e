"""Calls of a server as one of its clients, under access tokens that are asked for anew when they end."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS = 60
_LARGEST_ANSWER = 8 * 1024 * 1024
_UNAUTHENTICATED = 401


class ServerAway(Exception):
    """Nobody answers, or not as the server would. The text is for people."""


@dataclass
class CallRefused(Exception):
    """The server says no: its status and what it tells with it."""

    status: int
    told: Mapping[str, Any]

    def __str__(self) -> str:
        said = next((each for name in ("detail", "error_description", "error") if (each := self.told.get(name))), "")
        remedy = f" {self.told['remedy']}" if self.told.get("remedy") else ""
        return f"{said if isinstance(said, str) and said else f'It answered {self.status}.'}{remedy}"


class Server:
    """A server, called as a client with a secret; any number of threads use it."""

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        """Raises `ValueError` where the secret would go over a network in the clear."""
        self._parts = urlsplit(url)
        if self._parts.scheme != "https" and (self._parts.scheme != "http" or self._parts.hostname not in _LOOPBACK):
            raise ValueError("the server's address is an https one; http is for this machine alone")
        self._basic = "Basic " + b64encode(f"{quote(client_id)}:{quote(secret)}".encode()).decode()
        self._token, self._lock = "", Lock()

    def ask(self, method: str, path: str, body: Any = None, *, once: str = "") -> Any:
        """Return the answer to a call; `once`: one that can be sent again. Raises `CallRefused` and `ServerAway`."""
        data = None if body is None else json.dumps(body).encode()
        token = self._token or self._new_token("")
        try:
            return self._exchange(method, path, data, "application/json", token, once)
        except CallRefused as refused:
            if refused.status != _UNAUTHENTICATED:
                raise
        return self._exchange(method, path, data, "application/json", self._new_token(token), once)

    def sign_in(self) -> None:
        """Ask for an access token. Raises `CallRefused` and `ServerAway`."""
        self._new_token(self._token)

    def _new_token(self, used: str) -> str:
        """Return an access token other than one that was refused, which another thread may have by now."""
        with self._lock:
            if self._token == used:
                form = urlencode({"grant_type": "client_credentials"}).encode()
                told = self._exchange("POST", "/oidc/token", form, "application/x-www-form-urlencoded", self._basic)
                if not isinstance(told, Mapping) or not isinstance(told.get("access_token"), str):
                    raise ServerAway("The server does not answer as it should.")
                self._token = f"Bearer {told['access_token']}"
            return self._token

    def _exchange(self, method: str, path: str, body: bytes | None, kind: str, credentials: str, once: str = "") -> Any:
        connect = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = connect(self._parts.hostname or "", self._parts.port, timeout=_SECONDS)
        try:
            headers = {
                "Content-Type": kind,
                "Authorization": credentials,
                **({"Idempotency-Key": once} if once else {}),
            }
            connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            told = json.loads(response.read(_LARGEST_ANSWER))
        except (OSError, HTTPException, ValueError):
            raise ServerAway("The server does not answer as it should.") from None
        finally:
            connection.close()
        if response.status >= 300:
            raise CallRefused(response.status, told if isinstance(told, Mapping) else {})
        return told
