"""Transformers: what becomes of a value on its way out."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models.owned import OwnedByEnvironment, owned_constraints

PASSTHROUGH, TRANSFORM = "passthrough", "transform"
BY_VALUE, BY_REFERENCE = "tokenizebyvalue", "tokenizebyreference"


class Transformer(OwnedByEnvironment):
    """Pass through, mask or coarsen, or tokenize: native (named by `native`) or a script `transform(data, params)`."""

    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    input_data_type = models.CharField(max_length=128, default="string")
    output_data_type = models.CharField(max_length=128, default="string")
    transform_type = models.CharField(max_length=32, default=TRANSFORM)
    function = models.TextField(blank=True, default="")
    native = models.CharField(max_length=64, blank=True, default="")
    parameters = models.TextField(blank=True, default="")
    reuse_existing_token = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("transformer"),
            models.UniqueConstraint("environment", Lower("name"), name="transformer_name_once"),
            models.CheckConstraint(
                name="transformer_type_known",
                condition=models.Q(transform_type__in=[PASSTHROUGH, TRANSFORM, BY_VALUE, BY_REFERENCE]),
            ),
            models.CheckConstraint(
                name="transformer_reuse_only_for_tokens",
                condition=models.Q(reuse_existing_token=False) | models.Q(transform_type__in=[BY_VALUE, BY_REFERENCE]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tokenizes(self) -> bool:
        """Whether it replaces values by tokens."""
        return self.transform_type in {BY_VALUE, BY_REFERENCE}
