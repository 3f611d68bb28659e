"""Data types of an environment: the native ones, and the composite ones that somebody defined."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models.owned import OwnedByEnvironment, owned_constraints


class DataTypeDefinition(OwnedByEnvironment):
    """A data type by the name that columns and transformers refer to.

    `fields` of a composite one is a list of objects with `name`, `data_type` (a native one's name), `required` and
    `ignore_for_uniqueness`; `include_id` adds the field ID. Native ones have no fields: code knows what they are.
    """

    name = models.CharField(max_length=128)
    description = models.CharField(max_length=128)
    fields = models.JSONField(default=list)
    include_id = models.BooleanField(default=False)
    is_native = models.BooleanField(default=False, editable=False)
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "data type"
        constraints = [
            *owned_constraints("data_type"),
            models.UniqueConstraint("environment", Lower("name"), name="data_type_name_once"),
            models.UniqueConstraint(fields=["environment", "name"], name="data_type_referred_by_name"),
            models.CheckConstraint(
                name="data_type_is_native_or_has_fields",
                condition=models.Q(is_native=True, fields=[], include_id=False)
                | (models.Q(is_native=False) & ~models.Q(fields=[])),
            ),
        ]

    def __str__(self) -> str:
        return self.name
