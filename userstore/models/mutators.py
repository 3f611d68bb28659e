"""Mutators: the write APIs of the store."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models import AccessPolicy, Purpose
from governance.models.owned import OwnedByEnvironment, owned_constraints


class Mutator(OwnedByEnvironment):
    """Which columns of which subjects may be written. With fixed purposes a write carries exactly these."""

    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    selector = models.TextField()
    access_policy = models.ForeignKey(AccessPolicy, on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    fixed_purposes = models.ManyToManyField(Purpose, through="userstore.MutatorPurpose", related_name="+", blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name"]
        permissions = [("write", "May write through this mutator")]
        constraints = [
            *owned_constraints("mutator"),
            models.UniqueConstraint("environment", Lower("name"), name="mutator_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class MutatorPurpose(models.Model):
    """A purpose that every write through the mutator carries."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    mutator = models.ForeignKey(Mutator, on_delete=models.CASCADE, db_constraint=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.RESTRICT, db_constraint=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "mutator", "purpose"], name="mutator_purpose_once")
        ]

    def __str__(self) -> str:
        return f"{self.mutator_id}: {self.purpose_id}"


class MutatorColumn(models.Model):
    """One column that a mutator writes, and how its values are normalised first."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    mutator = models.ForeignKey(Mutator, on_delete=models.CASCADE, related_name="columns", db_constraint=False)
    ordinal = models.PositiveSmallIntegerField()
    column = models.ForeignKey("userstore.Column", on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    normalizer = models.ForeignKey(
        "userstore.Transformer", on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )

    class Meta:
        ordering = ["mutator", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["environment", "mutator", "column"], name="mutator_column_once")]

    def __str__(self) -> str:
        return str(self.column)
