"""Places: the associated data that ties a sealed value to where it belongs.

A place starts with its own label and is unambiguous: fixed lengths, or every part preceded by its length.
"""

from __future__ import annotations

from uuid import UUID

CELL = b"sealbook cell 1|"
TEXT = b"sealbook text 1|"
SECRET = b"sealbook secret 1|"
SERVICE = b"sealbook service 1|"


def cell_place(environment: UUID, subject: UUID, column: UUID, value: UUID) -> bytes:
    """Return the place of one value: environment, subject, column and value id, 16 bytes each."""
    # One conversion of one wide integer: less than half the time of four `UUID.bytes`.
    return CELL + (environment.int << 384 | subject.int << 256 | column.int << 128 | value.int).to_bytes(64, "big")


def cell_prefix(environment: UUID) -> bytes:
    """Return what every `cell_place` of an environment starts with.

    For bulk reads: `prefix + subject + column + value`, each as 16 bytes in network order, is the same place at a
    tenth of the cost.
    """
    return CELL + environment.bytes


def text_place(environment: UUID, table: str, column: str, row: object) -> bytes:
    """Return the place of one model text; `row` is the primary key, written as its `str()`.

    Renaming the table or the column needs a migration that seals the text again.
    """
    parts = (environment.bytes, table.encode(), column.encode(), str(row).encode())
    return TEXT + b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def secret_place(environment: UUID, key: UUID) -> bytes:
    """Return the place of the secret that a row of kind secret or signing carries behind its key."""
    return SECRET + environment.bytes + key.bytes


def service_prefix(environment: UUID, client: UUID, purpose: UUID) -> bytes:
    """Return what the place of every value starts with that a client keeps itself for one purpose.

    The place is this and the canonical context of the value, which is all that is left of it: no length is needed.
    """
    return SERVICE + environment.bytes + client.bytes + purpose.bytes
