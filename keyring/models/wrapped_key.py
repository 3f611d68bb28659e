"""A data key, wrapped."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from keyring.kinds import KeyKind


class WrappedKey(models.Model):
    """A key under the key of its environment (`keyring.wrapping`); deleting the row destroys the key.

    Rows of kind secret and signing carry the sealed secret behind the wrapped key.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    environment_id = models.UUIDField(editable=False)
    kind = models.CharField(max_length=16, editable=False)
    scope = models.CharField(max_length=200, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    wrapped = models.BinaryField(editable=False)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        constraints = [
            # Subject keys have no scope and there are as many as subjects: their random id is their only name.
            models.UniqueConstraint(
                fields=["environment_id", "kind", "scope", "version"],
                condition=~models.Q(kind=KeyKind.SUBJECT.value),
                name="wrapped_key_version",
            ),
            models.UniqueConstraint(fields=["environment_id", "id"], name="wrapped_key_in_environment"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="wrapped_key_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} key {self.id}"
