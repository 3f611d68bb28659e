"""Where the bytes of an import come from: sealed pieces of an upload, or a file of whoever runs the command."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol
from uuid import UUID

from keyring.fingerprints import fingerprint
from keyring.keys import KeyKind, key_for
from keyring.places import text_place
from userstore.models import Import, ImportPiece

PIECE_BYTES = 262_144
_MARKED_BYTES = 1_048_576


class Source(Protocol):
    """Bytes that can be read from any place on."""

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on; fewer at the end only."""
        ...


class SealedPieces:
    """An upload. To be used inside the import's environment; the last piece opened is remembered."""

    def __init__(self, row: Import) -> None:
        self._row = row
        self._key = key_for(row.environment_id, KeyKind.UPLOAD, str(row.pk))
        self._known: tuple[int, bytes] = (-1, b"")

    def read(self, offset: int, size: int) -> bytes:
        found: list[bytes] = []
        number, skipped = divmod(offset, PIECE_BYTES)
        while size > 0:
            piece = self._piece(number)[skipped : skipped + size]
            if not piece:
                break
            found.append(piece)
            size -= len(piece)
            number, skipped = number + 1, 0
        return b"".join(found)

    def _piece(self, number: int) -> bytes:
        if self._known[0] == number:
            return self._known[1]
        pieces = ImportPiece.objects.filter(source=self._row, number=number).values_list("sealed", flat=True)
        sealed = pieces.first()
        opened = b"" if sealed is None else self._key.unseal(bytes(sealed), piece_place(self._row, number))
        self._known = (number, opened)
        return opened


class OpenFile:
    """A file on this machine, read where it lies; nothing of it is kept."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)

    def mark(self, environment_id: UUID) -> bytes:
        """What the file is known by when an import of it is resumed: keyed, so that it tells nothing of it."""
        head = hashlib.blake2b(self.read(0, _MARKED_BYTES), digest_size=32).digest()
        return bytes.fromhex(fingerprint(environment_id, "imported file", self.size.to_bytes(8, "big") + head))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def piece_place(row: Import, number: int) -> bytes:
    """The place of one piece of a file."""
    return text_place(row.environment_id, "userstore_importpiece", "sealed", f"{row.pk} {number}")
