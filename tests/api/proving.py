"""Keys that clients make themselves, and the proofs that they sign with them (RFC 9449)."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from tests import cast
from tests.api.calling import line_of

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
DELEGATION = "urn:sealbook:token-type:delegation"


@dataclass
class Key:
    """A key pair, and the proofs that it makes."""

    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def algorithm(self) -> str:
        return "EdDSA" if isinstance(self.private, ed25519.Ed25519PrivateKey) else "ES256"

    @property
    def jwk(self) -> dict[str, Any]:
        kind = OKPAlgorithm if self.algorithm == "EdDSA" else ECAlgorithm
        found: dict[str, Any] = kind.to_jwk(self.private.public_key(), as_dict=True)
        return {name: found[name] for name in ("kty", "crv", "x", "y") if name in found}

    def proof(self, path: str, *, token: str = "", header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A proof for POST to a path of ours; `claims` and `header` spoil it, None takes a claim away."""
        told = {
            "htm": "POST",
            "htu": f"{settings.PUBLIC_URL}{path}",
            "iat": time.time(),
            "jti": uuid4().hex,
            **({"ath": unpadded(hashlib.sha256(token.encode()).digest())} if token else {}),
            **claims,
        }
        said = {name: value for name, value in told.items() if value is not None}
        headers = {"typ": "dpop+jwt", "jwk": self.jwk, **(header or {})}
        return jwt.encode(said, self.private, algorithm=self.algorithm, headers=headers)

    def take(self, player: cast.Player, code: str, *, proof: str | None = None) -> HttpResponse:
        """A client takes what was handed on to it."""
        asked = {
            "grant_type": EXCHANGE,
            "subject_token": code,
            "subject_token_type": DELEGATION,
            "actor_token": line_of(player).token,
        }
        return Browser().post(
            "/oidc/token",
            urlencode(asked),
            content_type="application/x-www-form-urlencoded",
            HTTP_DPOP=self.proof("/oidc/token") if proof is None else proof,
        )  # type: ignore[return-value]  # the test client's answers are the framework's

    def call(self, token: str, path: str, body: dict[str, Any], *, proof: str | None = None) -> HttpResponse:
        """A client calls with what it took."""
        made = self.proof(path, token=token) if proof is None else proof
        return Browser().post(
            path, body, content_type="application/json", HTTP_AUTHORIZATION=f"DPoP {token}", HTTP_DPOP=made
        )  # type: ignore[return-value]  # the test client's answers are the framework's


def new_ed25519_key() -> Key:
    return Key(ed25519.Ed25519PrivateKey.generate())


def unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
