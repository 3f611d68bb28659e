"""The key of an environment."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.functions import TransactionNow
from django.db import models


class EnvironmentKey(models.Model):
    """A random key, wrapped by a KMS provider, that wraps the data keys of one environment."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    environment_id = models.UUIDField(editable=False)
    number = models.PositiveIntegerField(editable=False)
    provider = models.CharField(max_length=63, editable=False)
    wrapped = models.BinaryField(editable=False)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment_id", "number"], name="environment_key_number"),
            models.UniqueConstraint(fields=["environment_id", "id"], name="environment_key_in_environment"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="environment_key_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"key {self.number} of environment {self.environment_id}"
