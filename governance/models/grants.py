"""Grants: access for a while, as it was decided; and reviews, which look back at how it was used."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.breakglass.machines import GRANT, REVIEW, states_of
from governance.models.access_requests import AccessRequest
from governance.models.accounts import Account
from governance.models.purposes import Purpose
from keyring.fields import SealedField


class Grant(models.Model):
    """What a decided request gives. Whether it opens anything is a comparison with the clock at every check."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, related_name="grant", db_constraint=False)
    state = models.CharField(max_length=16)
    version = models.PositiveIntegerField(default=1)
    grantee = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    accessor_id = models.UUIDField()
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    columns = ArrayField(models.UUIDField())
    minutes = models.PositiveIntegerField()
    is_emergency = models.BooleanField(default=False)
    not_before = models.DateTimeField()
    activate_by = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    comment = SealedField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="grant_same_environment"),
            models.CheckConstraint(name="grant_state_known", condition=models.Q(state__in=states_of(GRANT))),
            models.CheckConstraint(
                name="grant_lives_within_bounds",
                condition=models.Q(state__in=["ready", "unused", "revoked", "relinquished"], not_after=None)
                | models.Q(not_after__gt=models.F("activated_at"), activated_at__gte=models.F("not_before")),
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "state", "not_after"], name="grant_living"),
            models.Index(fields=["environment", "grantee", "-created_at"], name="grant_of_somebody"),
        ]

    def __str__(self) -> str:
        return f"grant {self.id}"


class Review(models.Model):
    """A look back at a grant by somebody who took no part in it. Past its deadline it is overdue."""

    EMERGENCY, SAMPLE = "emergency", "sample"
    """Why a grant is looked back at: it was an emergency, or it was drawn."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    grant = models.OneToOneField(Grant, on_delete=models.PROTECT, related_name="review", db_constraint=False)
    state = models.CharField(max_length=16)
    version = models.PositiveIntegerField(default=1)
    why = models.CharField(max_length=32, help_text="Why this grant is looked back at: emergency, sample.")
    reviewer = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    concluded_at = models.DateTimeField(null=True)
    overdue_told_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was told that it is overdue, which happens once."
    )
    comment = SealedField(null=True, blank=True)

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="review_same_environment"),
            models.CheckConstraint(name="review_state_known", condition=models.Q(state__in=states_of(REVIEW))),
        ]
        indexes = [models.Index(fields=["environment", "state", "due_at"], name="review_due")]

    def __str__(self) -> str:
        return f"review {self.id}"
