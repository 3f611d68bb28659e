"""Freezes: access stopped at once, reversibly."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints
from keyring.fields import SealedField


class Freeze(OwnedByEnvironment):
    """Stops an environment, purpose, column, accessor, mutator or client on the next check everywhere."""

    kind = models.CharField(max_length=16)
    target_id = models.UUIDField(help_text="Public id of what is frozen; the environment's own id for all of it.")
    reason = SealedField(null=True, blank=True)
    frozen_by = models.UUIDField(null=True)
    frozen_at = models.DateTimeField(default=timezone.now)
    lifted_by = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-frozen_at"]
        constraints = [
            *owned_constraints("freeze"),
            models.UniqueConstraint(
                fields=["environment", "kind", "target_id"],
                condition=models.Q(lifted_at=None),
                name="freeze_in_force_once",
            ),
        ]

    def __str__(self) -> str:
        return f"freeze of {self.kind} {self.target_id}"
