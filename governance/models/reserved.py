"""Operations that programs alone hold."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db import models

from governance.models.owned import OwnedByEnvironment, owned_constraints


class ReservedOperation(OwnedByEnvironment):
    """An operation, on the environment or on one object in it, that no person ever has: services and jobs alone do."""

    operation = models.CharField(max_length=100)
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    object_pk = models.CharField(max_length=255, help_text="Surrogate key of what it is reserved on.")

    class Meta:
        ordering = ["operation", "pk"]
        verbose_name = "reserved operation"
        constraints = [
            *owned_constraints("reserved_operation"),
            models.UniqueConstraint(
                fields=["environment", "operation", "content_type", "object_pk"], name="reserved_operation_once"
            ),
            # Whoever decides is a person: reserving these would leave nobody who could end it.
            models.CheckConstraint(
                name="reserved_operation_is_no_decision",
                condition=~models.Q(operation__in=["configure", "audit", "request", "approve"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} on {self.content_type.model} {self.object_pk}"
