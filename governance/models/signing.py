"""Keys that sign access tokens. The private half is sealed in the keyring under the system environment."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class SigningKey(models.Model):
    """A key pair for access tokens: the newest signs, all that are not yet retired verify."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    secret_id = models.UUIDField(help_text="Id of the sealed private key in the keyring.")
    public_jwk = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.id)
