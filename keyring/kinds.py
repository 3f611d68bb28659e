"""What a wrapped key is for. One key serves one purpose: never seal with an index key."""

from __future__ import annotations

from enum import StrEnum


class KeyKind(StrEnum):
    """Kinds of wrapped keys."""

    SUBJECT = "subject"
    """Seals the values of one subject. Has no scope: its random id is its name."""
    INDEX = "index"
    """Makes blind indexes of one column (its scope)."""
    FINGERPRINT = "fingerprint"
    """Makes the keyed fingerprints of one environment."""
    TEXT = "text"
    """Seals model text that may hold PII (`SealedField`)."""
    TOKEN = "token"  # noqa: S105  the name of a kind, not a password
    """Seals what a token stands for."""
    SECRET = "secret"  # noqa: S105  the name of a kind, not a password
    """Seals secrets: a shared secret, a password of a connector."""
    SERVICE = "service"
    """Seals what one client (its scope) keeps in a database of its own."""
    UPLOAD = "upload"
    """Seals a file that waits to be imported (its scope); destroyed with the file, so never rotated."""
    PSEUDONYM = "pseudonym"
    """Makes the format-preserving pseudonyms of one environment. Not rotated: another version makes other ones."""
    FLOW = "flow"
    """Seals what dataflows keep in Redis, for the environment or for one person (its scope). Destroyed with the person;
    not rotated, since nobody could tell when the last of what it sealed is gone."""
    SIGNING = "signing"
    """Seals one private signing key (PKCS#8 DER)."""


BLINDING_KINDS = frozenset({KeyKind.INDEX, KeyKind.FINGERPRINT, KeyKind.PSEUDONYM})
"""These blind or replace values; all others seal."""
