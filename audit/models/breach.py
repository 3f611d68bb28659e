"""What becomes of findings beyond the inbox: dossiers of breaches with their clock, and the digest of each day."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models

OPEN, NOTIFIED, NOT_REQUIRED = "open", "notified", "not required"
STATES = (OPEN, NOTIFIED, NOT_REQUIRED)
CLOCK = timedelta(hours=72)
"""GDPR, Article 33(1): not later than 72 hours after having become aware of it."""


class BreachDossier(models.Model):
    """That a finding is looked at as a breach: since when somebody is aware of it, and what the authority was told.

    What it gathers is what `actor` saw from `since` on until `aware_at`, and it is read from the book each time.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    environment_id = models.UUIDField()
    finding_id = models.UUIDField()
    actor = models.TextField()
    since = models.DateTimeField()
    aware_at = models.DateTimeField()
    begun_by = models.UUIDField(null=True)
    state = models.TextField(default=OPEN)
    warned = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often people were told that its time runs out."
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["environment_id", "finding_id"], name="audit_dossier_once"),
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="audit_dossier_state_known"),
        )

    def __str__(self) -> str:
        return f"dossier of {self.finding_id}"

    @property
    def due_at(self) -> datetime:
        """When the authority has to know."""
        return self.aware_at + CLOCK


class FindingDigest(models.Model):
    """What one day's digest says: numbers alone. There is one for each day, however many workers make it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    environment_id = models.UUIDField()
    day = models.DateField()
    numbers = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["environment_id", "day"], name="audit_digest_once"),)

    def __str__(self) -> str:
        return f"digest of {self.day}"
