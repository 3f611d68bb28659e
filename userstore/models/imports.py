"""Imports of files: what was asked, how far it is, the file itself in sealed pieces, and the records that were bad."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from keyring.fields import SealedField

AWAITED, RUNNING, HELD, FINISHED, CANCELLED = "awaited", "running", "held", "finished", "cancelled"
"""The file is awaited; records are being written; it stands still and can be resumed; and two ways to end."""
STATES = (AWAITED, RUNNING, HELD, FINISHED, CANCELLED)
ENDED = frozenset({FINISHED, CANCELLED})


class Import(models.Model):
    """One file on its way into the store. Its position is committed together with what its records did.

    `position`, `line` and `is_skipping` say where the file is read on. `held_because` names no value of the file.
    A file that stays where it is has no pieces here (`is_kept` is false) and is known again by its `mark`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    by_kind = models.CharField(max_length=16)
    by_id = models.UUIDField()
    workload = models.JSONField(null=True)
    """Which program asked, as its session token says, where somebody vouched for it: its steps are judged by it."""
    instructions = SealedField()
    mutator_id = models.UUIDField(null=True)
    format = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default=AWAITED)
    held_because = models.CharField(max_length=300, blank=True, default="")
    is_kept = models.BooleanField(default=True)
    key_id = models.UUIDField(null=True)
    mark = models.BinaryField(default=bytes)
    secret_digest = models.BinaryField(default=bytes)
    secret_until = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of the file, as far as it is here.")
    position = models.PositiveBigIntegerField(default=0)
    line = models.PositiveBigIntegerField(default=1)
    is_skipping = models.BooleanField(default=False)
    records = models.PositiveBigIntegerField(default=0)
    effective = models.PositiveBigIntegerField(default=0, help_text="Records that changed somebody.")
    failed = models.PositiveBigIntegerField(default=0)
    users_created = models.PositiveBigIntegerField(default=0)
    values_written = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["environment", "created_at"], name="import_by_creation")]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="import_same_environment"),
            models.CheckConstraint(name="import_state_known", condition=models.Q(state__in=STATES)),
            models.CheckConstraint(name="import_within_its_file", condition=models.Q(position__lte=models.F("size"))),
        ]

    def __str__(self) -> str:
        return f"import {self.id}"

    @property
    def share(self) -> float:
        """How much of the file is done, from 0 to 1."""
        return self.position / self.size if self.size else float(self.state == FINISHED)


class ImportPiece(models.Model):
    """A piece of an uploaded file, sealed under the import's own key, which is destroyed when the import ends."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="pieces", db_constraint=False)
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "source", "number"], name="import_piece_once"),
        ]

    def __str__(self) -> str:
        return f"piece {self.number} of {self.source_id}"


class ImportFault(models.Model):
    """A record that could not be written: where it stands in the file, which field, and why; never what it says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="faults", db_constraint=False)
    line = models.PositiveBigIntegerField()
    field = models.CharField(max_length=200, blank=True, default="")
    reason = SealedField()

    class Meta:
        ordering = ["line"]
        indexes = [models.Index(fields=["environment", "source", "line"], name="import_fault_by_line")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.source_id}"
