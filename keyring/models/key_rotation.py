"""A rotation under way, or one that has ended."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.functions import TransactionNow
from django.db import models

TURNING, KEEPING, ENDED = "turning", "keeping", "ended"


class KeyRotation(models.Model):
    """The renewal of one kind of keys of an environment: what is still to do can be told from the data itself.

    `place` is where the current pass stands, so that a pass goes on where it stopped; `turned` counts what was renewed.
    Keys made before `started_at` are due. `known_at` is a moment by which its beginning was committed: from then on
    every process finds its new keys once it looks again. While it keeps, everything is renewed and the old keys wait
    for their end.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    environment_id = models.UUIDField(editable=False)
    what = models.CharField(max_length=32, editable=False)
    state = models.CharField(max_length=16, default=TURNING, editable=False)
    place = models.CharField(max_length=200, blank=True, default="", editable=False)
    turned = models.PositiveBigIntegerField(default=0, editable=False)
    turned_in_pass = models.PositiveBigIntegerField(default=0, editable=False)
    expected = models.PositiveBigIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    known_at = models.DateTimeField(null=True, editable=False)
    started_by = models.UUIDField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment_id", "what"],
                condition=models.Q(ended_at=None),
                name="key_rotation_one_at_a_time",
            ),
            models.UniqueConstraint(fields=["environment_id", "id"], name="key_rotation_in_environment"),
            models.CheckConstraint(
                condition=models.Q(state__in=[TURNING, KEEPING], ended_at=None)
                | models.Q(state=ENDED, ended_at__isnull=False),
                name="key_rotation_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}, begun {self.started_at:%Y-%m-%d %H:%M}"
