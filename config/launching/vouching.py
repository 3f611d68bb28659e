"""The launcher's side of a launch: its key, what it signs, and the session token it gets for that."""

from __future__ import annotations

import json
import os
import stat
import time
from base64 import b64encode
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.embedded.errors import LaunchError

PAYLOAD_TYPE = "application/vnd.sealbook.launch+json"
RENEWED_BEFORE_SECONDS = 60
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS = 10
_LARGEST_ANSWER = 65_536


class LaunchRefused(LaunchError):
    """The server does not let this program run as this client; the reasons say why, by code."""

    def __init__(self, reasons: list[str], decision: str) -> None:
        super().__init__("refused: " + "; ".join(reasons or ["no reason was given"]))
        self.reasons = reasons
        self.decision = decision


@dataclass(frozen=True, slots=True)
class Session:
    """A session token and when it ends, by this machine's monotonic clock."""

    token: str
    ends: float
    reasons: tuple[str, ...] = ()

    @property
    def is_over_soon(self) -> bool:
        return time.monotonic() > self.ends - RENEWED_BEFORE_SECONDS


@dataclass(frozen=True, slots=True)
class Launcher:
    """Who vouches, for which client, to which server."""

    server: str
    client_id: str
    launcher_id: str
    key: Ed25519PrivateKey

    def vouch(self, *, digest: str, expected: str | None, is_separated: bool) -> Session:
        """Get a session token for a program that was measured.

        Raises:
            LaunchRefused: the client's policy does not let it run.
            LaunchError: the server does not answer, or does not know this launcher.
        """
        asked = {"client_id": self.client_id, "launcher_id": self.launcher_id}
        nonce = self._post("/governance/launches/nonces", asked)["nonce"]
        said = {
            "client": self.client_id,
            "launcher": self.launcher_id,
            "digest": digest,
            "expected": expected,
            "nonce": nonce,
            "separated": is_separated,
        }
        begun = time.monotonic()
        answer = self._post("/governance/launches", {"envelope": self._signed(said)})
        return Session(answer["access_token"], begun + answer["expires_in"], tuple(answer["reasons"]))

    def _signed(self, said: dict[str, Any]) -> str:
        body = json.dumps(said).encode()
        message = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(body), body)
        signature = b64encode(self.key.sign(message)).decode()
        envelope = {
            "payloadType": PAYLOAD_TYPE,
            "payload": b64encode(body).decode(),
            "signatures": [{"sig": signature}],
        }
        return json.dumps(envelope)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, answer = _exchange(self.server, path, json.dumps(body).encode())
        if status == 403:
            raise LaunchRefused(list(answer.get("reasons") or []), str(answer.get("decision_id") or ""))
        if status >= 300:
            raise LaunchError(f"the server answered {status}: {answer.get('detail') or 'nothing more'}")
        return answer


def _exchange(server: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(server)
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _LOOPBACK):
        raise LaunchError("the server is an https address; http is for this machine alone")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("POST", parts.path.rstrip("/") + path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        read = json.loads(response.read(_LARGEST_ANSWER))
        return response.status, read if isinstance(read, dict) else {}
    except (OSError, HTTPException, ValueError):
        raise LaunchError("the server does not answer as it should") from None
    finally:
        connection.close()


def new_key(path: Path) -> str:
    """Make a launcher's key in a new file that nobody else can read, and return its public half as PEM.

    Raises:
        LaunchError: there is such a file, or it cannot be made.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LaunchError(f"the key cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Return a launcher's key from a file that belongs to this user and that nobody else can read.

    Raises:
        LaunchError: the file is another's, others can read it, or there is no such key in it.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
                raise LaunchError("the launcher's key has to belong to this user, readable for nobody else (mode 0600)")
            key = serialization.load_pem_private_key(file.read(_LARGEST_ANSWER), password=None)
    except OSError as error:
        raise LaunchError(f"the launcher's key cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise LaunchError("this file holds no launcher's key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LaunchError("a launcher's key is of Ed25519")
    return key
