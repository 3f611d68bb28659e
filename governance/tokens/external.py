"""Tokens of external issuers: whoever was admitted calls as a client, everybody else is refused.

What a token proves is who calls. The audience names one environment, so a token for staging opens nothing in
production; which client stands behind issuer and subject is looked up at every call.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from audit.actors import SYSTEM
from audit.recorder import append
from governance import events
from governance.authorization import refusal
from governance.errors import NotFound, Refused, Unauthenticated
from governance.identities import CLIENT, Caller
from governance.issuers import EVERYBODY, accepted_in, audience_of, subject_print_of
from governance.standing import Standing, fresh_standing_of
from governance.tokens.issuer_keys import key_of_issuer, keys_in

ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 30
LONGEST_TOKEN = 8_192
_REQUIRED = ["exp", "iat", "sub", "aud", "iss"]
_REMEDY = "Ask the issuer for a new token, with the environment as its audience."
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a token says of itself before anything is proved."""

    issuer: str
    environment_id: UUID
    kid: str
    algorithm: str


def is_external(token: str) -> bool:
    """Whether a token claims to be somebody else's than Sealbook's; nothing is proved by that."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return False
    issuer = claims.get("iss")
    return isinstance(issuer, str) and issuer != settings.PUBLIC_URL


def external_caller_of(token: str, *, now: float | None = None) -> Caller:
    """Return the client as which somebody with an external token calls.

    Raises:
        Unauthenticated: not from a listed issuer, not for an environment of ours, expired, or not what it says.
        Refused: nobody admitted this identity; the refusal is on record.
        Unavailable: the issuer's keys cannot be had.
    """
    claimed = claimed_by(token)
    standing = standing_claimed(claimed)
    if claimed.issuer not in accepted_in(standing).issuers:
        raise invalid_token()
    key = pinned_key(standing, claimed) or _fetched_key(claimed)
    claims = verified_claims(token, claimed, key, now if now is not None else time.time())
    return _admitted(claims, claimed, standing)


def claimed_by(token: str) -> Claimed:
    """Read issuer, environment and key; whether they are true is seen afterwards."""
    if len(token) > LONGEST_TOKEN:
        raise invalid_token()
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        prefix = audience_of(_NOBODY).removesuffix(str(_NOBODY))
        (named,) = [str(each).removeprefix(prefix) for each in audiences if str(each).startswith(prefix)]
        if header["alg"] not in ALGORITHMS:
            raise invalid_token()
        return Claimed(str(claims["iss"]), UUID(named), str(header["kid"]), header["alg"])
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        raise invalid_token() from None


def standing_claimed(claimed: Claimed) -> Standing:
    """Return what holds in the environment that a token is for; `Unauthenticated` where there is none."""
    try:
        return fresh_standing_of(claimed.environment_id)
    except NotFound:
        raise invalid_token() from None


def pinned_key(standing: Standing, claimed: Claimed) -> jwt.PyJWK | None:
    """Return the key that is pinned for a token's issuer, None where none are; another key id is `Unauthenticated`."""
    given = accepted_in(standing).pinned.get(claimed.issuer)
    if given is None:
        return None
    keys = standing.part(("pinned keys", claimed.issuer), lambda: keys_in(given))
    if claimed.kid not in keys:
        raise invalid_token()
    return keys[claimed.kid]


def verified_claims(token: str, claimed: Claimed, key: jwt.PyJWK, now: float) -> Mapping[str, Any]:
    """Return the claims of a token that this key signed, for the claimed environment, at this time.

    Raises:
        Unauthenticated: anything of this is not so.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[claimed.algorithm],
            audience=audience_of(claimed.environment_id),
            issuer=claimed.issuer,
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        starts = max(float(claims["iat"]), float(claims.get("nbf", 0)))
        is_now = starts - LEEWAY_SECONDS <= now < float(claims["exp"])
    except (jwt.PyJWTError, ValueError, TypeError):
        raise invalid_token() from None
    if not is_now or not isinstance(claims["sub"], str) or not claims["sub"]:
        raise invalid_token()
    return claims


def _fetched_key(claimed: Claimed) -> jwt.PyJWK:
    try:
        return key_of_issuer(claimed.issuer, claimed.kid)
    except jwt.PyJWTError:
        raise invalid_token() from None


def _admitted(claims: Mapping[str, Any], claimed: Claimed, standing: Standing) -> Caller:
    clients = accepted_in(standing).clients
    found = subject_print_of(standing.environment_id, claimed.issuer, claims["sub"])
    client_id = clients.get((claimed.issuer, found)) or clients.get((claimed.issuer, EVERYBODY))
    client = standing.clients.get(client_id) if client_id else None
    if client is None:
        raise _refused(claimed, found)
    caller = Caller(CLIENT, client.public_id, client.account_id, standing.environment_id, client.name)
    append(
        events.EXTERNAL_TOKEN_ACCEPTED,
        environment_id=standing.environment_id,
        actor=caller.actor,
        facts={"issuer": claimed.issuer, "subject": found},
    )
    return caller


def _refused(claimed: Claimed, subject: str) -> Refused:
    refused = refusal("identity: nobody admitted this subject of the issuer")
    append(
        events.EXTERNAL_TOKEN_ACCEPTED,
        environment_id=claimed.environment_id,
        actor=SYSTEM,
        facts={"issuer": claimed.issuer, "subject": subject, "reasons": list(refused.reasons)},
        outcome="refused",
        decision_id=refused.decision_id,
    )
    return refused


def invalid_token() -> Unauthenticated:
    """The one refusal of a token, whatever is wrong with it."""
    return Unauthenticated("The access token is not valid.", remedy=_REMEDY)
