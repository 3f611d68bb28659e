"""How far a flow on files is: written whole beside the old one and put in its place, so that there is always one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import orjson


class CheckpointDamaged(Exception):
    """The file is no checkpoint."""


@dataclass(slots=True)
class Checkpoint:
    """Bytes read of each source by each service, bytes written of each file, and counters by flow."""

    offsets: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Put it in the place of the one before; it lasts once this returns."""
        new = path.with_suffix(".new")
        with new.open("wb") as file:
            told = {"offsets": self.offsets, "lengths": self.lengths, "counts": self.counts}
            file.write(orjson.dumps(told))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint, a new one where there is none yet. Raises `CheckpointDamaged`."""
    try:
        told = orjson.loads(path.read_bytes())
        return Checkpoint(told["offsets"], told["lengths"], told["counts"])
    except FileNotFoundError:
        return Checkpoint()
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise CheckpointDamaged(f"{path} is no checkpoint: {type(error).__name__}") from None
