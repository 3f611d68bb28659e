"""Idempotency keys: a write that is sent again is answered again, not done again."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """The answer that was given to one key of one client; the answer is sealed, key and request are digests."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField()
    key_digest = models.BinaryField(max_length=16)
    request_digest = models.BinaryField(max_length=16)
    status = models.PositiveSmallIntegerField()
    answer = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "client_id", "key_digest"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return f"key of {self.client_id}"
