"""What a launcher signs: which digest it measured and starts as which client, for one nonce of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.core import signing

from governance.errors import Invalid
from governance.provenance.dsse import Envelope

PAYLOAD_TYPE = "application/vnd.sealbook.launch+json"
NONCE_SECONDS = 60
_SALT = "sealbook.launch"
_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class Vouched:
    """The words of a launcher.

    Args:
        digest: SHA-256 of what it is about to start, measured by itself.
        expected: what it was told to start, None where it was not told.
        is_separated: whether the workload runs as another user of the system than the launcher.
    """

    client_id: UUID
    launcher_id: UUID
    digest: str
    expected: str | None
    nonce: str
    is_separated: bool


def read_vouched(envelope: Envelope) -> Vouched:
    """Read what an envelope of a launcher says; whether it signed it is seen afterwards.

    Raises:
        Invalid: it says something else.
    """
    try:
        if envelope.payload_type != PAYLOAD_TYPE:
            raise ValueError
        found = orjson.loads(envelope.payload)
        vouched = Vouched(
            client_id=UUID(found["client"]),
            launcher_id=UUID(found["launcher"]),
            digest=_digest(found["digest"]),
            expected=_digest(found["expected"]) if found["expected"] is not None else None,
            nonce=str(found["nonce"]),
            is_separated=found["separated"] is True,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Invalid("This is no statement of a launcher.", field="envelope") from None
    return vouched


def new_nonce(*, client_id: UUID, launcher_id: UUID) -> str:
    """Return a nonce for one launch: it proves by itself when it was given out, and for whom."""
    return signing.dumps([str(client_id), str(launcher_id), uuid4().hex], salt=_SALT)


def is_fresh(vouched: Vouched) -> bool:
    """Whether the nonce is ours, for this client and launcher, and not older than a minute."""
    try:
        found: Any = signing.loads(vouched.nonce, salt=_SALT, max_age=NONCE_SECONDS)
    except signing.BadSignature:
        return False
    return bool(found[:2] == [str(vouched.client_id), str(vouched.launcher_id)])


def _digest(text: Any) -> str:
    if not isinstance(text, str) or not _is_digest(text):
        raise ValueError
    return text
