"""Proofs that whoever sends a token holds the key that it is bound to: DPoP, RFC 9449, section 4.3.

Each fault has a reason of its own that stays. A proof is for one method and address, counts for a minute, and counts
once: it is spent in the database, so that two processes do not take it both.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson
from django.conf import settings

from governance.errors import Unauthenticated

ALGORITHMS = ("ES256", "EdDSA")
HEADER = "DPoP"
GOOD_FOR = timedelta(seconds=60)
AHEAD = timedelta(seconds=5)
"""As far as the clock of whoever makes a proof may be ahead."""
_REMEMBERED = GOOD_FOR + AHEAD + timedelta(minutes=15)
"""Longer than any token that comes with a proof: a server whose clock is behind must not take it again."""
LONGEST_PROOF, LONGEST_ID = 4_096, 128
_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
"""What of a public key its thumbprint is taken of (RFC 7638, section 3.2; RFC 8037, section 2)."""
_FITTING = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CHALLENGE = f'DPoP algs="{" ".join(ALGORITHMS)}", error='


class ProofRefused(Unauthenticated):
    """Whoever sent a token did not prove that it is theirs. `reasons` has the one code that says what was wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, remedy="Sign a new proof with the key of the token, for this very request.")
        self.reasons = (f"dpop: {code}",)
        is_token = code in ("bearer", "not bound")
        self.auth_header = f'{_CHALLENGE}"{"invalid_token" if is_token else "invalid_dpop_proof"}"'


@dataclass(frozen=True, slots=True)
class Presented:
    """A proof as it came: the header's text, None without one or with several, and for which method and address."""

    text: str | None
    method: str
    address: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that fits its request. It still has to be spent.

    Args:
        key: thumbprint of the key that signed it.
        mark: what no second proof may have.
        expires_at: until when its mark is kept.
    """

    key: str
    mark: str
    expires_at: datetime


def read_proof(presented: Presented, *, now: datetime, token: str | None = None) -> Proof:
    """Verify a proof for its request; and, where it comes with a token, for that token.

    Raises:
        ProofRefused: missing, malformed, badly signed, or for another method, address, time or token.
    """
    if presented.text is None:
        raise ProofRefused("missing", f"Send one {HEADER} header with a proof.")
    key, claims = _verified(presented.text)
    if claims.get("htm") != presented.method:
        raise ProofRefused("method", "The proof is for another method.")
    if not _is_same_address(claims.get("htu"), presented.address):
        raise ProofRefused("address", "The proof is for another address.")
    made_at = _moment(claims.get("iat"))
    if not now - GOOD_FOR <= made_at <= now + AHEAD:
        raise ProofRefused("time", "The proof was made too long ago, or not yet.")
    if token is not None and claims.get("ath") != digest_of(token):
        raise ProofRefused("token", "The proof is for another token.")
    name = claims.get("jti")
    if not isinstance(name, str) or not name.isascii() or not 0 < len(name) <= LONGEST_ID:
        raise ProofRefused("malformed", "The proof has no jti of up to 128 plain characters.")
    return Proof(key, f"dpop\n{key}\n{name}", made_at + _REMEMBERED)


def thumbprint_of(jwk: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a public key (RFC 7638); KeyError where it is of no kind that proofs have."""
    members = {name: jwk[name] for name in _MEMBERS[jwk["kty"]]}
    return _unpadded(hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest())


def digest_of(token: str) -> str:
    """Return what a proof says of the token that it comes with (`ath`)."""
    return _unpadded(hashlib.sha256(token.encode()).digest())


def address_of_proof(path: str) -> str:
    """Return the address that a proof for a path of ours names: the public one, whatever a proxy made of it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def _verified(text: str) -> tuple[str, Mapping[str, Any]]:
    try:
        if len(text) > LONGEST_PROOF:
            raise ValueError("too long")
        header = jwt.get_unverified_header(text)
        jwk, algorithm = header["jwk"], header["alg"]
        fits = header.get("typ") == "dpop+jwt" and _FITTING[algorithm] == (jwk["kty"], jwk["crv"])
        if not fits or _PRIVATE & jwk.keys() or "crit" in header:
            raise ValueError("another kind of token or key")
        key, thumbprint = jwt.PyJWK(jwk, algorithm=algorithm), thumbprint_of(jwk)
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError):
        algorithms = " or ".join(ALGORITHMS)
        raise ProofRefused("malformed", f"This is no proof signed by {algorithms} with its public key.") from None
    try:
        claims: Mapping[str, Any] = jwt.decode(
            text, key, algorithms=[algorithm], options={"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise ProofRefused("signature", "The proof is not signed with the key that it shows.") from None
    return thumbprint, claims


def _is_same_address(claimed: object, address: str) -> bool:
    """Compare addresses without query and fragment, which a proof leaves out (RFC 9449, section 4.3, check 9)."""
    if not isinstance(claimed, str):
        return False
    return claimed.partition("#")[0].partition("?")[0] == address


def _moment(claimed: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(claimed), UTC)  # type: ignore[arg-type]  # whatever it is, it is caught
    except (TypeError, ValueError, OverflowError, OSError):
        raise ProofRefused("malformed", "The proof does not say when it was made.") from None


def _unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
