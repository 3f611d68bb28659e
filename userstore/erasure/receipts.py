"""Receipts of erasures: what was destroyed and what a law keeps, signed, and readable without Sealbook.

A receipt is a JSON Web Signature (RFC 7515, ES256) over a JSON object; its header names the signing key, whose public
half `/.well-known/jwks.json` publishes while it signs and `sealbook verify_receipt` knows for ever. It names no person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from governance.actions.signing import ensure_signing_key
from governance.tokens.signing import private_key_of
from userstore.erasure.remains import Remains

ALGORITHM = "ES256"
TYPE = "sealbook-erasure+jws"
STATEMENT = (
    "The key of this person was destroyed: no copy of the values that were destroyed can be opened through this "
    "server, restored backups included."
)


class NotAReceipt(ValueError):
    """This is no receipt that any of the given keys signed."""


def receipt_body(remains: Remains, **known: object) -> dict[str, Any]:
    """Write down an erasure; `known` are its ids, times and the environment."""
    return {
        **{name: str(value) for name, value in known.items()},
        "destroyed": {
            "keys": 1,
            "handles": 1,
            "values": dict(sorted(remains.values.items())),
            "tokens": remains.tokens,
            "credentials": remains.credentials,
            "edges": remains.edges,
        },
        "kept": [
            {
                "column": column,
                "purpose": purpose,
                "legal_basis": "legal_obligation",
                "values": count,
                "until": datetime.fromtimestamp(until, UTC).isoformat() if until else None,
            }
            for (column, purpose), (count, until) in sorted(remains.kept.items())
        ],
        "statement": STATEMENT,
    }


@dataclass(frozen=True, slots=True)
class Signer:
    """An opened signing key. It lives behind another wall, so it is opened before a transaction begins."""

    key_id: UUID
    private: ec.EllipticCurvePrivateKey

    @classmethod
    def newest(cls) -> Signer:
        """Open the key that signs now."""
        key = ensure_signing_key()
        return cls(key.id, private_key_of(key))

    def sign(self, body: Mapping[str, Any]) -> str:
        """Sign a receipt; what comes back is text."""
        headers = {"kid": str(self.key_id), "typ": TYPE}
        return jwt.encode(dict(body), self.private, algorithm=ALGORITHM, headers=headers)


def verified(receipt: str, *, keys: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a receipt says, if one of these JWKs signed it.

    Raises:
        NotAReceipt: it is none, was changed, or somebody else signed it.
    """
    try:
        head = jwt.get_unverified_header(receipt)
    except jwt.PyJWTError:
        head = {}
    if head.get("typ") == TYPE:
        for jwk in keys:
            if jwk.get("kid") == head.get("kid"):
                try:
                    said: dict[str, Any] = jwt.decode(
                        receipt, jwt.PyJWK(dict(jwk)), algorithms=[ALGORITHM], options={"verify_aud": False}
                    )
                except jwt.PyJWTError:
                    break
                return said
    raise NotAReceipt("this is no receipt that one of these keys signed")
