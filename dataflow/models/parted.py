"""People who are gone: what flows still meet of them is nobody's to keep."""

from __future__ import annotations

from django.db import models

from governance.models.owned import OwnedByEnvironment, owned_constraints


class PartedPerson(OwnedByEnvironment):
    """Somebody who was deleted or erased here, and the key of their dead letters that was destroyed with them.

    Nothing here leads to them: `mark` is a keyed hash of their id, with which one can only be asked for.
    """

    mark = models.BinaryField(max_length=32)
    key_id = models.UUIDField(null=True, help_text="Of their dead letters; none: they had no such key.")
    taken_out_at = models.DateTimeField(null=True, help_text="When their letters were taken out again.")

    class Meta:
        constraints = [
            *owned_constraints("parted_person"),
            models.UniqueConstraint(fields=["environment", "key_id"], name="parted_person_key_once"),
        ]
        indexes = [models.Index(fields=["environment", "mark"], name="parted_person_by_mark")]

    def __str__(self) -> str:
        return f"parted person {self.public_id}"
