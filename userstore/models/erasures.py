"""Erasures that took place: which lines of the ledger this database knows, and their receipts."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints


class Erasure(OwnedByEnvironment):
    """One person who was erased. Nothing here leads to them: `number` is the ledger's, `receipt` names what was lost.

    `is_repeated`: done again after an older backup was restored.
    """

    number = models.PositiveBigIntegerField()
    receipt = models.TextField(blank=True, default="")
    erased_by = models.UUIDField(null=True)
    erased_at = models.DateTimeField(default=timezone.now)
    is_repeated = models.BooleanField(default=False)

    class Meta:
        ordering = ["-erased_at"]
        constraints = owned_constraints("erasure")

    def __str__(self) -> str:
        return f"erasure {self.public_id}"
