"""Revisions: every published version of every definition, append-only."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Revision(models.Model):
    """The body of one definition as it was published."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=32)
    public_id = models.UUIDField()
    version = models.PositiveIntegerField()
    body = models.JSONField()
    published_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "public_id", "version"]
        indexes = [models.Index(fields=["environment", "kind", "public_id", "version"], name="revision_of_definition")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id} v{self.version}"
