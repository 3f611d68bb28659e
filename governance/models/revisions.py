"""Revisions: every published version of every definition. Bodies never change; a version can be withdrawn."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Revision(models.Model):
    """The body of one definition as it was published.

    `withdrawn_at` is set when that version was retired: it is kept for the record, listed no longer and never holds
    again. One number can be published anew after it was withdrawn.
    """

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=32)
    public_id = models.UUIDField()
    version = models.PositiveIntegerField()
    body = models.JSONField()
    published_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.UUIDField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "public_id", "version"]
        indexes = [models.Index(fields=["environment", "kind", "public_id", "version"], name="revision_of_definition")]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "kind", "public_id", "version"],
                condition=models.Q(withdrawn_at=None),
                name="revision_version_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id} v{self.version}"
