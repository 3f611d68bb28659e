"""Flows and packages as they were published: never changed, at most withdrawn."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints


class HubItem(OwnedByEnvironment):
    """One version of a flow or a package. Its files hold code and no personal data, so they are kept as they are.

    A name with its version is taken for good, also after it was withdrawn. The database lets nobody change anything
    but the withdrawal.
    """

    kind = models.CharField(max_length=16)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    version = models.CharField(max_length=64)
    files = models.JSONField(help_text="Path within the item -> text.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the files, in hexadecimal digits.")
    is_public = models.BooleanField(default=False, help_text="Whoever holds any right in the environment sees it.")
    published_by = models.UUIDField()
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.UUIDField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["namespace", "name", "id"]
        verbose_name = "hub item"
        constraints = [
            *owned_constraints("hub_item"),
            models.UniqueConstraint(
                fields=["environment", "namespace", "name", "version"], name="hub_item_version_once"
            ),
            models.CheckConstraint(name="hub_item_has_a_digest", condition=models.Q(digest__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}@{self.version}"
