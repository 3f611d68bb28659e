"""The Merkle tree over the book: leaves, tiles, checkpoints and who cosigned them. All of it can only be added to."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from audit.models.fields import TransactionIdField


class Leaf(models.Model):
    """The place of an entry in the tree, kept longer than the entry."""

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    recorded_at = models.DateTimeField()
    hash = models.BinaryField(help_text="SHA-256 of a zero byte and the body of the entry (RFC 6962, section 2.1).")

    class Meta:
        verbose_name_plural = "leaves"
        constraints = (models.CheckConstraint(condition=models.Q(index__gte=0), name="audit_leaf_index_counts"),)

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Tile(models.Model):
    """256 hashes of one level side by side, written once they are complete (C2SP tlog-tiles, without partial ones)."""

    pk = models.CompositePrimaryKey("level", "number")
    level = models.SmallIntegerField(help_text="Tiles of level L hold the nodes of level 8 L of the tree.")
    number = models.BigIntegerField()
    hashes = models.BinaryField()

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class SignedCheckpoint(models.Model):
    """How large the book was and what its root was, signed by the log."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField(help_text="The signed note (C2SP tlog-checkpoint).")
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Cosignature(models.Model):
    """The line by which a witness says that it saw a checkpoint, and none that contradicts it."""

    pk = models.CompositePrimaryKey("size", "witness")
    size = models.BigIntegerField()
    witness = models.TextField()
    line = models.TextField()
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.witness} on {self.size}"


class Integration(models.Model):
    """How far the sealer has come: one row, which it alone changes.

    `floor`: whatever an earlier transaction of this cluster wrote is in the tree. `behind_since`: when the oldest entry
    was recorded that was not in the tree after the last turn; None if there is none. `trouble`: why it does not go on.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    cluster = models.TextField(help_text="pg_control_system(): transaction ids mean nothing in another one.")
    floor = TransactionIdField()
    turned_at = models.DateTimeField()
    behind_since = models.DateTimeField(null=True)
    trouble = models.TextField(default="", db_default="")
    witnessed_size = models.BigIntegerField(default=0, db_default=0)
    witnessed_at = models.DateTimeField(null=True)
    witness_trouble = models.TextField(default="", db_default="")

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="audit_integration_once"),)

    def __str__(self) -> str:
        return "integration"


class MonthHold(models.Model):
    """A month of the book that stays whole whatever its age, until the hold is released.

    `matter`: the reference of whatever it is held for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.DateField()
    matter = models.CharField(max_length=64)
    held_by = models.UUIDField(null=True)
    held_at = models.DateTimeField(db_default=Now())
    released_by = models.UUIDField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(month__day=1), name="audit_monthhold_first_day"),
            models.UniqueConstraint(
                fields=["month", "matter"], condition=models.Q(released_at=None), name="audit_monthhold_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} for {self.matter}"
