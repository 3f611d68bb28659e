"""Looks at dead letters: who opened which, when, and why, in words that are sealed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints
from keyring.fields import SealedField


class LetterLook(OwnedByEnvironment):
    """One look at one record that a flow had failed on. The book names the look, and this row says why."""

    flow = models.CharField(max_length=128)
    letter = models.CharField(max_length=48, help_text="What the engine calls it.")
    looked_by = models.UUIDField()
    looked_at = models.DateTimeField(default=timezone.now)
    grant_id = models.UUIDField(null=True, help_text="The access that it was opened under; none: a right to configure.")
    reason = SealedField(null=True)

    class Meta:
        ordering = ["-looked_at"]
        constraints = owned_constraints("letter_look")

    def __str__(self) -> str:
        return f"look at {self.flow} {self.letter}"
