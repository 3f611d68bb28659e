"""What a key management system must do for us."""

from __future__ import annotations

from typing import Protocol


class Kms(Protocol):
    """Wraps keys under a root key that never leaves the provider's care.

    `context` is authenticated: a wrapped key opens under the context it was wrapped with and under no other.
    One contract test holds for every member (`tests/contracts/test_kms.py`).
    """

    @property
    def name(self) -> str:
        """The provider's name in the settings; it is stored beside what the provider wrapped."""
        ...

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Return the key wrapped under the newest root key; raise `KmsUnavailable` where none can be reached."""
        ...

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Return the key; raise `Unsealable` unless it was wrapped here under this context, or `KmsUnavailable`."""
        ...
