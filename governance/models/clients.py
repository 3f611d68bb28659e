"""Clients: the services and jobs that call the API, each in exactly one environment."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints


class Client(OwnedByEnvironment):
    """A service or job. Its public id is the `client_id`; its rights belong to its service account."""

    SERVICE = "service"
    JOB = "job"

    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=16, default=SERVICE)
    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="client")
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        permissions = [
            ("invoke", "May act through this client"),
            ("seal", "May have values sealed that it keeps itself"),
            ("unseal", "May have values unsealed that this client keeps itself"),
        ]
        constraints = [
            *owned_constraints("client"),
            models.UniqueConstraint(fields=["environment", "name"], name="client_name_once"),
            models.CheckConstraint(name="client_kind_known", condition=models.Q(kind__in=["service", "job"])),
        ]

    def __str__(self) -> str:
        return self.name


class ClientSecret(models.Model):
    """The digest of one secret of a client. Two may live side by side while a rotation overlaps."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="secrets", db_constraint=False)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32)
    issued_by = models.UUIDField(null=True, editable=False, help_text="Who has seen it, a person or a client.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["environment", "digest"], name="client_secret_once")]

    def __str__(self) -> str:
        return f"{self.prefix}…"
