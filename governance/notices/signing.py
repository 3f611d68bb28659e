"""Signatures of webhooks, as Standard Webhooks has them: HMAC-SHA256 over id, time and body.

The specification is 15 lines; its own package brings an HTTP client, attrs and dateutil for them.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from keyring.plain import Plain

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret, as the specification has it."""


def new_webhook_secret() -> Plain[str]:
    """Make a secret, as its receiver takes it."""
    return Plain(PREFIX + b64encode(secrets.token_bytes(32)).decode())


def key_in(secret: str) -> bytes | None:
    """Return the key that a secret writes down; None where it is no secret."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (NoBase64, ValueError):
        return None
    return key if secret.startswith(PREFIX) and SHORTEST <= len(key) <= LONGEST else None


def signed_headers(message_id: str, body: bytes, *, keys: Sequence[bytes], at: datetime) -> Mapping[str, str]:
    """Return the three headers of a message; several keys give several signatures, of which one has to be right."""
    timestamp = str(int(at.timestamp()))
    content = b".".join([message_id.encode(), timestamp.encode(), body])
    signatures = [f"v1,{b64encode(hmac.digest(key, content, sha256)).decode()}" for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
