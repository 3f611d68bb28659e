"""Signed envelopes: DSSE 1.0 (secure-systems-lab/dsse, protocol.md and envelope.md)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from governance.errors import Invalid
from governance.provenance.keys import PublicKey, has_signed

LONGEST_ENVELOPE = 262_144
MOST_SIGNATURES = 16
_TO_STANDARD = str.maketrans("-_", "+/")

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was signed, of which type, and the signatures. Key ids are hints by anybody and decide nothing."""

    payload_type: str
    payload: bytes
    signatures: tuple[bytes, ...]
    hints: tuple[str, ...]

    @property
    def signed(self) -> bytes:
        """The bytes that signatures are over: the pre-authentication encoding."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)


def read_envelope(text: str) -> Envelope:
    """Read the JSON form of an envelope; nothing is verified yet.

    Raises:
        Invalid: it is none, or is larger than 256 KiB.
    """
    if len(text) > LONGEST_ENVELOPE:
        raise _no_envelope()
    try:
        found = orjson.loads(text)
        signatures = found["signatures"]
        if not isinstance(found["payloadType"], str) or not 1 <= len(signatures) <= MOST_SIGNATURES:
            raise _no_envelope()
        return Envelope(
            payload_type=found["payloadType"],
            payload=_decoded(found["payload"]),
            signatures=tuple(_decoded(each["sig"]) for each in signatures),
            hints=tuple(str(each.get("keyid") or "") for each in signatures),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _no_envelope() from None


def signer_of(envelope: Envelope, keys: Iterable[tuple[K, PublicKey]]) -> K | None:
    """Return the first of some named keys that signed an envelope, None where none of them did."""
    message = envelope.signed
    for name, key in keys:
        if any(has_signed(key, signature, message) for signature in envelope.signatures):
            return name
    return None


def _decoded(text: Any) -> bytes:
    """Decode base64 of either alphabet, as the protocol demands."""
    if not isinstance(text, str):
        raise _no_envelope()
    try:
        return b64decode(text.translate(_TO_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        raise _no_envelope() from None


def _no_envelope() -> Invalid:
    return Invalid(
        "This is no DSSE envelope.",
        field="envelope",
        remedy="Send the JSON object with payloadType, payload and signatures, up to 256 KiB.",
    )
