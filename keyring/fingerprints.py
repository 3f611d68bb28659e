"""Fingerprints: how the book and the logs say "the same value again" without saying which."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from keyring.keys import fingerprint_key_for


class Fingerprint(str):
    """32 hexadecimal characters, keyed: whoever lacks the environment's key can neither guess nor compare values."""

    __slots__ = ()


def fingerprint(environment_id: UUID, domain: str, value: bytes) -> Fingerprint:
    """Return the fingerprint of a value in one domain of one environment; raise `UnknownKey` without its key.

    `domain` says what the value is ("accessor selector", "column phone"): equal values of two domains do not meet.
    """
    return fingerprints(environment_id, domain, [value])[0]


def fingerprints(environment_id: UUID, domain: str, values: Iterable[bytes]) -> list[Fingerprint]:
    """Return the fingerprints of many values in one domain; the key is looked up once."""
    label = domain.encode()
    prefix = len(label).to_bytes(2, "big") + label
    images = fingerprint_key_for(environment_id).blind_each(values, prefix=prefix)
    return [Fingerprint(image.hex()) for image in images]
