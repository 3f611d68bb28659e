"""That somebody had the book verified where it lies, how far that is, and what came of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models

WAITING, RUNNING, FAILED = "waiting", "running", "failed"
WHOLE, BROKEN, UNKNOWN = "whole", "broken", "unknown"
STATES = (WAITING, RUNNING, WHOLE, BROKEN, UNKNOWN, FAILED)
UNDER_WAY = (WAITING, RUNNING)
SILENT = timedelta(minutes=3)
"""After so long without a sign the worker is gone that had taken it."""


class Verification(models.Model):
    """One verification: from the entry `first` on, up to `size`, of which `done` entries were looked at.

    `whole`, `broken` and `unknown` are what the verifier says; `failed` that it could not run to its end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    environment_id = models.UUIDField()
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    state = models.TextField(default=WAITING)
    first = models.BigIntegerField()
    size = models.BigIntegerField()
    done = models.BigIntegerField(default=0)
    root = models.TextField(default="", help_text="Root of the tree of `size` entries, in hexadecimal digits.")
    first_bad = models.BigIntegerField(null=True)
    first_bad_until = models.BigIntegerField(null=True)
    told = models.JSONField(default=list, help_text="Findings of the verifier, and what keeps it from telling.")
    turned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="audit_verification_state_known"),
            models.CheckConstraint(
                condition=models.Q(first__gte=0, size__gte=models.F("first")), name="audit_verification_range"
            ),
            models.UniqueConstraint(
                fields=["environment_id"],
                condition=models.Q(state__in=("waiting", "running")),
                name="audit_verification_alone",
            ),
        )
        indexes = (models.Index("environment_id", "asked_at", name="audit_verification_asked"),)

    def __str__(self) -> str:
        return f"verification {self.first} to {self.size}: {self.state}"

    def is_silent(self, now: datetime) -> bool:
        """Whether nobody works on it any more, although it has not ended."""
        return self.state in UNDER_WAY and now - self.turned_at > SILENT

    @property
    def percent(self) -> int:
        """How much of it was looked at."""
        return min(100, self.done * 100 // max(1, self.size - self.first))
