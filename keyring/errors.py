"""What can go wrong with keys. No message carries a value, a key or the reason why unsealing failed."""

from __future__ import annotations


class KeyringError(Exception):
    """Anything the keyring refuses."""


class Unsealable(KeyringError):
    """One opaque failure: wrong place, key or environment, altered, truncated, of an unknown format.

    It takes no argument: whoever could tell these cases apart would have an oracle.
    """

    def __init__(self) -> None:
        super().__init__("cannot be unsealed")


class UnknownKey(KeyringError):
    """There is no key of that kind, scope and version in the environment: somebody has to create it first."""


class KmsUnavailable(KeyringError):
    """The root keys cannot be reached; the message says what to do."""


class KeyringLocked(KmsUnavailable):
    """The keyring file is wrapped and the passphrase is missing or wrong."""
