"""Changes of protected environments, from proposal to decision."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from keyring.fields import SealedField


class ProtectedChange(models.Model):
    """What somebody wants changed in a protected environment, and what a second person made of it.

    What is asked for never changes; `digest` binds it to what the second person saw. Arguments and differences are
    sealed: they may hold secrets, and the addresses of people that external identities are.
    """

    PROPOSED = "proposed"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    STALE = "stale"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=64)
    arguments = SealedField()
    differences = SealedField()
    comment = SealedField(null=True)
    basis = models.CharField(max_length=32, help_text="Fingerprint of what it touches, as it was when it was proposed.")
    digest = models.CharField(max_length=32, help_text="Fingerprint of all that is asked for.")
    author_kind = models.CharField(max_length=16)
    author_id = models.UUIDField()
    spoken_for_by = ArrayField(
        models.UUIDField(), default=list, help_text="Who could have spoken as the client that proposed it."
    )
    proposed_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=16, default=PROPOSED)
    decided_by_kind = models.CharField(max_length=16, blank=True, default="")
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True, default="", help_text="Why it was not applied.")

    class Meta:
        ordering = ["-proposed_at", "id"]
        verbose_name = "change"
        indexes = [models.Index(fields=["environment", "state", "proposed_at"], name="protected_change_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="protected_change_same_environment"),
            models.CheckConstraint(
                name="protected_change_state_known",
                condition=models.Q(state__in=["proposed", "applied", "rejected", "withdrawn", "stale"]),
            ),
            models.CheckConstraint(
                name="protected_change_decided_by_somebody",
                condition=models.Q(state="proposed", decided_at=None, decided_by=None)
                | models.Q(~models.Q(state="proposed"), decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="protected_change_applied_by_two",
                condition=~models.Q(state="applied")
                | models.Q(~models.Q(decided_by=models.F("author_id")), decided_by_kind="operator"),
            ),
        ]

    def __str__(self) -> str:
        return self.action.replace("_", " ")
