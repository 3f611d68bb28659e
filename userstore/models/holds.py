"""Legal holds: what must not be destroyed although its time is over or somebody asks."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from governance.models import Purpose
from governance.models.owned import OwnedByEnvironment, owned_constraints
from keyring.fields import SealedField
from userstore.models.columns import Column
from userstore.models.subjects import Subject


class LegalHold(OwnedByEnvironment):
    """What must not be destroyed meanwhile: everything that the parts which are set mean together.

    It keeps; it permits nobody to read. An end that has come is as good as a release.
    """

    subject = models.ForeignKey(
        Subject, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    column = models.ForeignKey(
        Column, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    purpose = models.ForeignKey(
        Purpose, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    reason = SealedField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    held_by = models.UUIDField(null=True)
    held_at = models.DateTimeField(default=timezone.now)
    released_by = models.UUIDField(null=True)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-held_at"]
        constraints = [
            *owned_constraints("hold"),
            models.CheckConstraint(
                name="hold_on_something",
                condition=models.Q(subject__isnull=False)
                | models.Q(column__isnull=False)
                | models.Q(purpose__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        about = (("user", self.subject and self.subject.public_id), ("column", self.column), ("purpose", self.purpose))
        return ", ".join(f"{kind} {each}" for kind, each in about if each)
