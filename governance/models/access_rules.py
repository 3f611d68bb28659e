"""Access rules: under which terms access is granted for a while, and tickets that justifications refer to."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Lower

from governance.breakglass.guards import EMERGENCY_MINUTES
from governance.models.accounts import Account
from governance.models.owned import OwnedByEnvironment, owned_constraints


class AccessRule(OwnedByEnvironment):
    """Terms of temporary access. Of several that fit, the strictest of each holds; without any, nobody asks."""

    name = models.CharField(max_length=128)
    accessor_id = models.UUIDField(null=True, blank=True, help_text="Public id; empty: every accessor.")
    approvals = models.PositiveSmallIntegerField(default=1, help_text="Different people who have to approve.")
    longest_minutes = models.PositiveIntegerField(default=60)
    ceiling_minutes = models.PositiveIntegerField(default=180, help_text="A request together with its extensions.")
    decide_within_minutes = models.PositiveIntegerField(default=24 * 60)
    begin_within_minutes = models.PositiveIntegerField(default=8 * 60)
    most_subjects = models.PositiveIntegerField(default=1)
    factor_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, default=5, help_text="How fresh a second factor has to be; empty: none is asked for."
    )
    needs_ticket = models.BooleanField(default=True)
    emergency_group = models.ForeignKey(
        Group,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who may declare an emergency; empty: nobody.",
    )
    emergency_minutes = models.PositiveSmallIntegerField(default=EMERGENCY_MINUTES)
    emergencies_per_week = models.PositiveSmallIntegerField(default=2)
    review_percent = models.PositiveSmallIntegerField(default=5, help_text="Share of grants that are looked back at.")
    review_within_hours = models.PositiveSmallIntegerField(default=72)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("access_rule"),
            models.UniqueConstraint("environment", Lower("name"), name="access_rule_name_once"),
            models.CheckConstraint(name="access_rule_needs_somebody", condition=models.Q(approvals__gte=1)),
            models.CheckConstraint(name="access_rule_share", condition=models.Q(review_percent__lte=100)),
            models.CheckConstraint(
                name="access_rule_short_emergency", condition=models.Q(emergency_minutes__lte=EMERGENCY_MINUTES)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """A case that somebody works on, where no other system keeps them. It holds references, never what was said."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=64)
    assignee = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    subject_id = models.UUIDField(null=True, blank=True, help_text="Who it is about; empty: nobody in particular.")
    opened_by = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: it is not known who did."
    )
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="ticket_same_environment"),
            models.UniqueConstraint("environment", Lower("reference"), name="ticket_reference_once"),
        ]
        indexes = [
            models.Index(fields=["environment", "subject_id"], name="ticket_about"),
            models.Index(fields=["environment", "assignee", "created_at"], name="ticket_of"),
        ]

    def __str__(self) -> str:
        return self.reference
