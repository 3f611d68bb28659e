"""Reading the next records of a file while the commit of the ones before waits for the database.

The commit of a step checks what thousands of rows refer to, and this process has nothing to do meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Thread

from governance.standing import standing_of
from userstore.importing.framing import Frame, Place
from userstore.importing.opening import OpenImport
from userstore.importing.records import Record
from userstore.models import Import
from userstore.writing.items import ReadItems, is_read_alone, read_items
from userstore.writing.plan import MutatorPlan, mutator_plan
from userstore.writing.sheets import BatchItem


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records that follow each other in a file, and the place behind them; `read` says what they mean, if it is known.

    `records` of a place where the file ends or a record is left out are none.
    """

    records: Sequence[Record]
    behind: Place
    read: ReadItems | None = None

    @property
    def items(self) -> list[BatchItem]:
        """The calls among the records."""
        return items_of(self.records)


def items_of(records: Sequence[Record]) -> list[BatchItem]:
    """The calls that records stand for."""
    return [record.item for record in records if record.item is not None]


def next_stretch(reading: OpenImport, begin: Place, *, most: int) -> Stretch:
    """Read up to `most` records."""
    frames, behind = reading.frames(begin, most=most)
    return Stretch(reading.read(frames), behind)


class ReadingAhead:
    """Reads the records from a place on in a thread of its own, which asks nobody: their bytes are there already."""

    def __init__(self, row: Import, reading: OpenImport, begin: Place, *, most: int, now: datetime) -> None:
        self._reading, self._begin, self._most = reading, begin, most
        self._found: Stretch | None = None
        frames, behind = reading.frames(begin, most=most)
        mutator_id = reading.instructions.mutator_id
        plan = mutator_plan(standing_of(row.environment_id), mutator_id) if mutator_id else None
        self._thread = Thread(target=self._read, args=(frames, behind, plan, now), name="reading-ahead", daemon=True)
        self._thread.start()

    def stretch(self, reading: OpenImport, begin: Place, *, most: int) -> Stretch | None:
        """Return what was read, if it is what is wanted; None: it has to be read now."""
        self._thread.join()
        is_wanted = self._reading is reading and self._begin == begin and self._most <= most
        return self._found if is_wanted else None

    def _read(self, frames: Sequence[Frame], behind: Place, plan: MutatorPlan | None, now: datetime) -> None:
        """Whatever goes wrong here goes wrong again where somebody waits for it."""
        records = self._reading.read(frames)
        read = read_items(items_of(records), plan, now=now) if plan is not None and is_read_alone(plan) else None
        self._found = Stretch(records, behind, read)
