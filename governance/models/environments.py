"""Environments: hard walls around everything Sealbook holds."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class Environment(models.Model):
    """A place such as dev, staging or prod that owns its definitions, subjects, keys, clients and log."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=64, unique=True)
    description = models.TextField(blank=True, default="")
    is_protected = models.BooleanField(
        default=False, help_text="Configuration writes become drafts that a second person approves."
    )
    is_synthetic = models.BooleanField(
        default=False, help_text="Holds invented people only, so pages may show what an accessor gives."
    )
    epoch = models.BigIntegerField(
        default=1, editable=False, help_text="Grows with every change that can alter a decision."
    )
    latest_at = models.DateTimeField(
        null=True, editable=False, help_text="The latest moment seen: a clock that is put back revives no grant."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        permissions = [
            ("read", "May read values through accessors"),
            ("export", "May have values leave in bulk"),
            ("write", "May write values through mutators"),
            ("resolve", "May resolve, inspect and look up tokens"),
            ("tokenize", "May create tokens from raw data"),
            ("seal", "May have values sealed that it keeps itself"),
            ("unseal", "May have values unsealed that a service keeps itself"),
            ("configure", "May change definitions, rights and freezes"),
            ("audit", "May read the book"),
            ("request", "May ask for temporary access"),
            ("approve", "May decide on temporary access of others"),
            ("act", "May read for people who hand on their temporary access"),
            ("consent", "May record and withdraw consent"),
            ("erase", "May erase subjects"),
            ("register", "May register builds that the CI signed"),
        ]
        constraints = [models.CheckConstraint(name="environment_epoch_positive", condition=models.Q(epoch__gte=1))]

    def __str__(self) -> str:
        return self.name
