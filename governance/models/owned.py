"""What every definition inside an environment has in common."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class OwnedByEnvironment(models.Model):
    """A row behind the wall of one environment.

    The id is a surrogate; the public id may repeat in other environments, because built-in objects have fixed ids.
    """

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


def owned_constraints(name: str) -> list[models.BaseConstraint]:
    """Give the two unique constraints that every walled definition carries."""
    return [
        models.UniqueConstraint(fields=["environment", "public_id"], name=f"{name}_public_id_once"),
        models.UniqueConstraint(fields=["environment", "id"], name=f"{name}_same_environment"),
    ]
