"""What scripts may use beside their context: secrets by name, hosts that they may ask, and notes that they leave."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints
from keyring.fields import SealedField

HTTPS_PORT = 443


class PolicySecret(OwnedByEnvironment):
    """A secret that scripts of the environment get by name; its value is sealed in the keyring and never shown."""

    name = models.CharField(max_length=128)
    sealed_id = models.UUIDField(help_text="Id of the sealed value in the keyring.", editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "script secret"
        constraints = [
            *owned_constraints("policy_secret"),
            models.UniqueConstraint("environment", Lower("name"), name="policy_secret_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ScriptHost(OwnedByEnvironment):
    """A host that scripts of the environment may send requests to; there is no other way out."""

    host = models.CharField(max_length=253, help_text="A name in lower case, as it stands in the address.")
    port = models.PositiveIntegerField(default=HTTPS_PORT, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    description = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["host", "port"]
        verbose_name = "script host"
        constraints = [
            *owned_constraints("script_host"),
            models.UniqueConstraint(fields=["environment", "host", "port"], name="script_host_once"),
            models.CheckConstraint(
                name="script_host_port_exists", condition=models.Q(port__gte=1) & models.Q(port__lte=65535)
            ),
        ]

    def __str__(self) -> str:
        return self.host if self.port == HTTPS_PORT else f"{self.host}:{self.port}"


class ScriptNote(models.Model):
    """What a script said with `auditLog`. The book names it by its id; the text, which may hold anything, is kept here.

    It is sealed and forgotten after some weeks: what a script copied of a person must not outlive that person's key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    text = SealedField()
    noted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-noted_at"]
        constraints = [models.UniqueConstraint(fields=["environment", "id"], name="script_note_same_environment")]
        indexes = [models.Index(fields=["environment", "noted_at"], name="script_note_by_time")]

    def __str__(self) -> str:
        return str(self.id)
