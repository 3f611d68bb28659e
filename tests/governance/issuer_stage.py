"""An external issuer on this machine: a discovery document, keys, and tokens signed with them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from governance.issuers import audience_of


@dataclass
class Issuer:
    """What the issuer says; `asked` counts requests by path."""

    url: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)

    def new_key(self, kid: str, *, algorithm: str = "RS256", bits: int = 2048) -> None:
        curve = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else None
        self.keys[kid] = curve or rsa.generate_private_key(public_exponent=65537, key_size=bits)

    def token(self, environment_id: UUID, *, kid: str = "first", subject: str = "lovelace", **claims: Any) -> str:
        key, now = self.keys[kid], time.time()
        told = {
            "iss": self.url, "sub": subject, "aud": [audience_of(environment_id)], "iat": int(now), "exp": now + 60,
            **claims,
        }  # fmt: skip
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode({k: v for k, v in told.items() if v is not None}, key, algorithm, headers={"kid": kid})

    def answer(self, path: str) -> Any:
        self.asked.append(path)
        if path == "/keys":
            return {"keys": [_public(key, kid) for kid, key in self.keys.items()]}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.document}


def _public(key: Any, kid: str) -> dict[str, Any]:
    family = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(family.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Serve an issuer on loopback for the length of a test."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield issuer
        server.shutdown()
        thread.join()
