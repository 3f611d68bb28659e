"""User names and passwords of subjects."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from userstore.models.subjects import Subject


class Credential(models.Model):
    """A user name and a password's hash of one subject, both sealed under its key: they are gone with it.

    `blind` is the keyed index of the user name under `blind_version` of the environment's index key for user names.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="credentials", db_constraint=False)
    blind = models.BinaryField()
    blind_version = models.PositiveIntegerField()
    username = models.BinaryField()
    password = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "blind_version", "blind"], name="username_once"),
            models.UniqueConstraint(fields=["environment", "subject"], name="one_password_of_a_subject"),
        ]

    def __str__(self) -> str:
        return str(self.id)
