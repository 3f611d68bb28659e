"""Sealing the file of an import, piece by piece, as it comes in."""

from __future__ import annotations

from keyring.keys import KeyKind, OpenKey, key_for
from userstore.importing.sources import PIECE_BYTES, SealedPieces, piece_place
from userstore.models import Import, ImportPiece


class PieceWriter:
    """Seals what comes in, piece by piece; nothing else than the piece under way is in memory."""

    def __init__(self, row: Import) -> None:
        self._row = row
        self._key: OpenKey = key_for(row.environment_id, KeyKind.UPLOAD, str(row.pk))
        self._number, filled = divmod(row.size, PIECE_BYTES)
        self._waiting = bytearray(SealedPieces(row).read(row.size - filled, filled) if filled else b"")
        self.size: int = row.size

    def write(self, content: bytes) -> None:
        """Take bytes behind those that are there."""
        self._waiting += content
        self.size += len(content)
        while len(self._waiting) >= PIECE_BYTES:
            self._store(bytes(self._waiting[:PIECE_BYTES]))
            del self._waiting[:PIECE_BYTES]
            self._number += 1

    def finish(self) -> None:
        """Seal what is left."""
        if self._waiting:
            self._store(bytes(self._waiting))

    def _store(self, piece: bytes) -> None:
        sealed = self._key.seal(piece, piece_place(self._row, self._number))
        ImportPiece.objects.update_or_create(
            environment_id=self._row.environment_id,
            source=self._row,
            number=self._number,
            defaults={"sealed": sealed},
        )
