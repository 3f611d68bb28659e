"""Root keys from a local keyring file: for one machine, for development, for tests.

format version (1 byte) | root key id (16) | nonce (12) | ciphertext and tag
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyring.errors import KmsUnavailable, Unsealable
from keyring.kms.keyring_file import RootKeys, add_root_key, create_keyring_file, read_root_keys

__all__ = ["LocalKms", "add_root_key", "create_keyring_file"]

_FORMAT = 1
_LABEL = b"sealbook local kms 1|"
_NONCE_AT = 17
_BODY_AT = _NONCE_AT + 12


class LocalKms:
    """Wraps under the newest root key of the file and unwraps under all of them.

    The file is looked at on every use, so an added root key counts at once and a keyring that was taken away stops
    the service.
    """

    def __init__(self, *, name: str, path: str, passphrase: str = "") -> None:
        self.name = name
        self.path = Path(path)
        self._passphrase = passphrase
        self._lock = Lock()
        self._read: tuple[tuple[int, ...], RootKeys] | None = None

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Return the key wrapped under the newest root key."""
        roots = self.root_keys()
        header = bytes((_FORMAT,)) + roots.newest.bytes
        nonce = os.urandom(12)
        return header + nonce + AESGCM(roots.by_id[roots.newest]).encrypt(nonce, key, _LABEL + header + context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Return the key; raise `Unsealable` for anything this keyring did not wrap under this context."""
        root = self.root_keys().by_id.get(UUID(bytes=wrapped[1:_NONCE_AT])) if len(wrapped) > _BODY_AT else None
        if root is None:
            raise Unsealable
        header = wrapped[:_NONCE_AT]
        try:
            return AESGCM(root).decrypt(wrapped[_NONCE_AT:_BODY_AT], wrapped[_BODY_AT:], _LABEL + header + context)
        except (InvalidTag, ValueError):
            pass  # raised below, without context
        raise Unsealable

    def root_keys(self) -> RootKeys:
        """Return the opened file, read again only where it has changed."""
        with self._lock:
            state = self._state()
            if self._read is None or self._read[0] != state:
                self._read = (state, read_root_keys(self.path, self._passphrase))
            return self._read[1]

    def _state(self) -> tuple[int, ...]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return ()  # reading it says what to do
        except OSError as error:
            raise KmsUnavailable(f"The keyring file {self.path} cannot be read: {error.strerror}.") from None
        return (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_mode)

    def __repr__(self) -> str:
        return f"LocalKms(name={self.name!r})"
