"""The public keys of external issuers: fetched where their discovery document says, kept for some minutes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import jwt
import orjson
from django.conf import settings

from governance.errors import Unavailable
from governance.issuers import is_reachable
from governance.policies.outgoing import NoAnswer, Outgoing, exchange

KEPT_SECONDS = 300.0
AGAIN_SECONDS = 30.0
"""How long nobody is asked again after a failure, or for a key that was not among those just fetched."""
ASKED_SECONDS = 3.0
MOST_ISSUERS = 256
SMALLEST_RSA_BITS = 2048
_DISCOVERY = "/.well-known/openid-configuration"
_KINDS = {"RSA": "RS256", "EC": "ES256"}


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: Mapping[str, jwt.PyJWK]
    fetched: float
    failed: bool = False


_kept: dict[str, _Kept] = {}
_asking: dict[str, threading.Lock] = {}
"""One for each issuer: a process asks it once, however many calls wait, and a slow one holds up nobody else's."""


def key_of_issuer(issuer: str, kid: str) -> jwt.PyJWK:
    """Return the key of a listed issuer by its id.

    Raises:
        InvalidKeyError: the issuer has no such key for RS256 or ES256.
        Unavailable: the issuer does not answer as it should.
    """
    with _asking.setdefault(issuer, threading.Lock()):
        kept = _kept.get(issuer)
        age = monotonic() - kept.fetched if kept else KEPT_SECONDS
        if kept is None or age >= (AGAIN_SECONDS if kept.failed or kid not in kept.keys else KEPT_SECONDS):
            while len(_kept) >= MOST_ISSUERS:
                _kept.pop(next(iter(_kept)))
            kept = _kept[issuer] = _fetched(issuer)
    if kept.failed:
        raise Unavailable("The issuer of this token does not answer, so it cannot be verified.", remedy="Try again.")
    found = kept.keys.get(kid)
    if found is None:
        raise jwt.InvalidKeyError("unknown key")
    return found


def keys_in(given: Any) -> Mapping[str, jwt.PyJWK]:
    """Return the keys of a JWK Set that verify RS256 or ES256, by id.

    Raises:
        ValueError: this is no JWK Set.
    """
    try:
        keys = {
            str(key["kid"]): jwt.PyJWK(key, algorithm=_KINDS[key["kty"]]) for key in given["keys"] if _verifies(key)
        }
    except (KeyError, TypeError, AttributeError, jwt.PyJWTError):
        raise ValueError from None
    return {kid: key for kid, key in keys.items() if getattr(key.key, "key_size", 0) >= _least(key)}


def forget_issuer_keys() -> None:
    """Drop every key of this process that was fetched."""
    _kept.clear()


def _fetched(issuer: str) -> _Kept:
    try:
        document = _json(issuer.rstrip("/") + _DISCOVERY)
        if document.get("issuer") != issuer:
            raise ValueError
        usable = keys_in(_json(str(document["jwks_uri"])))
    except (NoAnswer, ValueError, KeyError, TypeError, AttributeError):
        return _Kept({}, monotonic(), failed=True)
    return _Kept(usable, monotonic())


def _verifies(key: Mapping[str, Any]) -> bool:
    is_curve = key.get("kty") != "EC" or key.get("crv") == "P-256"
    wanted = _KINDS.get(str(key.get("kty")))
    return (
        bool(wanted and is_curve and key.get("kid"))
        and key.get("use", "sig") == "sig"
        and (key.get("alg", wanted) == wanted)
    )


def _least(key: jwt.PyJWK) -> int:
    return SMALLEST_RSA_BITS if key.key_type == "RSA" else 256


def _json(url: str) -> Any:
    if not is_reachable(url):
        raise ValueError
    parts = urlsplit(url)
    is_clear = parts.scheme == "http"
    request = Outgoing(
        host=parts.hostname or "",
        port=parts.port or (80 if is_clear else 443),
        method="GET",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers={"Accept": "application/json"},
        body=b"",
        is_clear=is_clear,
    )
    answer = exchange(request, seconds=ASKED_SECONDS, loopback=settings.GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK)
    if answer.status != 200:
        raise ValueError
    return orjson.loads(answer.body)
