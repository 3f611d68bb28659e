"""Whose signatures an installation believes when it checks its own book: public keys that its administrator names."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from audit.errors import LogKeyUnusable
from audit.verify.checkpoints import Keys
from audit.verify.notes import NoteRefused, Verifier, read_verifier


def believed() -> Keys | None:
    """Return the log's key and those of its witnesses, None where the log's was not named.

    Where witnesses are named, one of them has to have seen what is checked. Raises `LogKeyUnusable` for a key that
    cannot be read.
    """
    if not settings.AUDIT_LOG_PUBLIC_KEY:
        return None
    try:
        witnesses = tuple(map(_key, settings.AUDIT_WITNESS_PUBLIC_KEYS))
        return Keys(_key(settings.AUDIT_LOG_PUBLIC_KEY), witnesses, min(1, len(witnesses)))
    except (NoteRefused, OSError, UnicodeDecodeError) as error:
        raise LogKeyUnusable(f"a public key of the log cannot be used: {type(error).__name__}") from None


def _key(text: str) -> Verifier:
    try:
        return read_verifier(text)
    except NoteRefused:
        return read_verifier(Path(text).read_text())
