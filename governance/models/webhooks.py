"""Webhooks: where an environment's notices go as signed messages, and the secrets that sign them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints

LONGEST_URL = 2_048


class Webhook(OwnedByEnvironment):
    """An address of another system that is told what happens to access."""

    name = models.CharField(max_length=128)
    url = models.CharField(max_length=LONGEST_URL)
    kinds = ArrayField(models.CharField(max_length=64), default=list, blank=True, help_text="Empty: every kind.")
    description = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("webhook"),
            models.UniqueConstraint("environment", Lower("name"), name="webhook_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def wants(self, kind: str) -> bool:
        """Whether notices of a kind go there."""
        return not self.kinds or kind in self.kinds


class WebhookSecret(models.Model):
    """What signs a webhook's messages; sealed in the keyring. While one goes out of use, both sign."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="secrets", db_constraint=False)
    sealed_id = models.UUIDField(help_text="Id of the sealed value in the keyring.", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="webhook_secret_same_environment"),
            models.UniqueConstraint(
                fields=["environment", "webhook"], condition=models.Q(expires_at=None), name="webhook_signs_with_one"
            ),
        ]

    def __str__(self) -> str:
        return "former" if self.expires_at else "current"
