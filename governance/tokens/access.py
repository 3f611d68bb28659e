"""Issuing and verifying access tokens.

A token says who is calling and in which environment. What they may do is decided at every call from what holds then.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import jwt
from django.conf import settings

from governance.delegation.proofs import ProofRefused
from governance.errors import Unauthenticated
from governance.identities import CLIENT, Caller
from governance.models import Client, SigningKey
from governance.provenance.workload import Workload, read_workload
from governance.tokens.signing import private_key_of, public_keys
from keyring.walls import in_environment

ALGORITHM = "ES256"
REMEMBERED_SECONDS = 60
"""How long a verified token and the keys that verify are believed unseen: a retired key ends its tokens then."""
_CHALLENGE = "Ask POST /oidc/token for a new access token."


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until: float


@dataclass(frozen=True, slots=True)
class _Verifiers:
    keys: dict[str, jwt.PyJWK]
    until: float


_known: dict[bytes, _Known] = {}
_lock = threading.Lock()
_verifiers = _Verifiers({}, 0.0)


def issue_access_token(
    client: Client,
    *,
    key: SigningKey,
    now: float | None = None,
    workload: Workload | None = None,
    via: tuple[UUID, ...] = (),
) -> tuple[str, int]:
    """Sign a token for a client; returns it and its life time in seconds.

    Args:
        workload: the program for which somebody vouched; its tokens live shorter, and name it.
        via: the clients that act through this one, the nearest first; such tokens live as shortly.
    """
    issued = int(now if now is not None else time.time())
    is_short = workload is not None or bool(via)
    lives = settings.GOVERNANCE_WORKLOAD_TOKEN_SECONDS if is_short else settings.GOVERNANCE_TOKEN_SECONDS
    claims = {
        "iss": settings.PUBLIC_URL,
        "aud": [settings.PUBLIC_URL],
        "sub": str(client.public_id),
        "environment": str(client.environment_id),
        "iat": issued,
        "exp": issued + lives,
        "jti": str(uuid4()),
        **({"workload": workload.claims} if workload is not None else {}),
        **_act(via),
    }
    token = jwt.encode(claims, private_key_of(key), algorithm=ALGORITHM, headers={"kid": str(key.id)})
    return token, lives


def caller_of(token: str, *, now: float | None = None) -> Caller:
    """Return whose token this is. Verified once, then remembered under its hash for a minute or until it expires.

    Raises:
        Unauthenticated: not ours, expired, for another audience, or its client is gone; always the same words.
    """
    moment = now if now is not None else time.time()
    digest = hashlib.blake2b(token.encode(), digest_size=16).digest()
    known = _known.get(digest)
    if known is not None:
        if moment < known.until:
            return known.caller
        _known.pop(digest, None)
    known = _verified(token, moment)
    with _lock:
        while len(_known) >= settings.GOVERNANCE_TOKEN_CACHE_SIZE:
            _known.pop(next(iter(_known)))
        _known[digest] = known
    return known.caller


def claims_of(token: str, *, moment: float) -> dict[str, Any]:
    """Return the claims of a token that Sealbook signed for itself; whether it has expired is seen afterwards.

    Raises:
        jwt.PyJWTError: it is none of ours.
    """
    kid = str(jwt.get_unverified_header(token).get("kid"))
    claims: dict[str, Any] = jwt.decode(
        token,
        _verifier(kid, moment),
        algorithms=[ALGORITHM],
        audience=settings.PUBLIC_URL,
        issuer=settings.PUBLIC_URL,
        options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_exp": False, "verify_iat": False},
    )
    return claims


def must_be_bearer(claims: Mapping[str, Any]) -> None:
    """Return where a token opens something by itself; a bound one opens nothing without a proof of its key."""
    if "cnf" in claims:
        raise ProofRefused("bearer", "This token is bound to a key: send it as DPoP, with a proof.")


def forget_tokens() -> None:
    """Drop every remembered token and verification key of this process."""
    global _verifiers  # noqa: PLW0603  one set of keys per process
    with _lock:
        _known.clear()
        _verifiers = _Verifiers({}, 0.0)


def _verified(token: str, moment: float) -> _Known:
    try:
        claims = claims_of(token, moment=moment)
        must_be_bearer(claims)
        client_id, environment_id = UUID(claims["sub"]), UUID(claims["environment"])
        expires = float(claims["exp"])
        workload = read_workload(claims["workload"]) if "workload" in claims else None
        via = _read_act(claims.get("act"))
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError):
        raise Unauthenticated("The access token is not valid.", remedy=_CHALLENGE) from None
    if moment >= expires:
        raise Unauthenticated("The access token has expired.", remedy=_CHALLENGE)
    with in_environment(environment_id):
        client = Client.objects.filter(public_id=client_id).first()
    if client is None:
        raise Unauthenticated("The access token is not valid.", remedy=_CHALLENGE)
    caller = Caller(
        kind=CLIENT,
        id=client.public_id,
        account_id=client.account_id,
        environment_id=client.environment_id,
        name=client.name,
        workload=workload,
        via=via,
    )
    return _Known(caller, min(expires, moment + REMEMBERED_SECONDS))


LONGEST_CHAIN = 4
"""Clients that may act through one another behind one token."""


def _act(via: tuple[UUID, ...]) -> dict[str, Any]:
    """Write the callers behind a token as RFC 8693, section 4.1, nests them: the nearest outermost."""
    return {"act": {"sub": str(via[0]), **_act(via[1:])}} if via else {}


def _read_act(claim: Any) -> tuple[UUID, ...]:
    found: list[UUID] = []
    while claim is not None:
        found.append(UUID(claim["sub"]))
        if len(found) > LONGEST_CHAIN:
            raise ValueError("a longer chain than is ever issued")
        claim = claim.get("act")
    return tuple(found)


def _verifier(kid: str, moment: float) -> jwt.PyJWK:
    global _verifiers  # noqa: PLW0603  one set of keys per process
    if kid not in _verifiers.keys or moment >= _verifiers.until:
        now = datetime.fromtimestamp(moment, UTC)
        live = {str(key["kid"]): jwt.PyJWK(key) for key in public_keys(now=now)}
        _verifiers = _Verifiers(live, moment + REMEMBERED_SECONDS)
    found = _verifiers.keys.get(kid)
    if found is None:
        raise jwt.InvalidKeyError("unknown key")
    return found
