"""Requests for temporary access: what is asked for and why, and what those who may approve say to it."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.breakglass.machines import REQUEST, states_of
from governance.models.accounts import Account
from governance.models.purposes import Purpose
from keyring.fields import SealedField


class AccessRequest(models.Model):
    """One request. What it asks for never changes; an approval may narrow it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16)
    version = models.PositiveIntegerField(default=1, help_text="Grows with every step, so that two never cross.")
    requester = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    grantee = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    accessor_id = models.UUIDField(help_text="Public id.")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    columns = ArrayField(models.UUIDField(), help_text="Public ids.")
    subject_count = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    decide_by = models.DateTimeField(null=True)
    needed = models.PositiveSmallIntegerField(help_text="Approvals by different people.")
    reason = models.CharField(max_length=32)
    ticket = models.CharField(max_length=64, blank=True, default="")
    ticket_found_at = models.DateTimeField(null=True, help_text="When another system said what follows of it.")
    ticket_subject_id = models.UUIDField(null=True, help_text="Who it is about.")
    ticket_assignee = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    ticket_opened_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    ticket_opened_at = models.DateTimeField(null=True)
    justification = SealedField(null=True)
    question = SealedField(null=True, blank=True)
    asked_back_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    answer = SealedField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decision_comment = SealedField(null=True, blank=True)
    extends = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="access_request_same_environment"),
            models.CheckConstraint(name="access_request_state_known", condition=models.Q(state__in=states_of(REQUEST))),
            models.CheckConstraint(name="access_request_lasts", condition=models.Q(minutes__gte=1)),
            models.UniqueConstraint(
                fields=["environment", "extends"],
                condition=~models.Q(state__in=["denied", "cancelled", "lapsed"]),
                name="access_request_extended_once",
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "state", "decide_by"], name="access_request_to_decide"),
            models.Index(fields=["environment", "requester", "-created_at"], name="access_request_of_somebody"),
            models.Index(
                fields=["environment", "ticket_assignee", "ticket_found_at"],
                condition=models.Q(ticket_found_at__isnull=False),
                name="access_request_ticket",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.id}"


class RequestedSubject(models.Model):
    """One person whose record is asked for. The row is gone once they are erased."""

    id = models.BigAutoField(primary_key=True)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(AccessRequest, on_delete=models.CASCADE, related_name="subjects", db_constraint=False)
    subject_id = models.UUIDField()
    is_excluded = models.BooleanField(default=False, help_text="An approver has narrowed the request by this person.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "request", "subject_id"], name="requested_subject_once"),
        ]
        indexes = [models.Index(fields=["environment", "subject_id"], name="requested_subject_by_person")]

    def __str__(self) -> str:
        return f"subject of {self.request_id}"


class Approval(models.Model):
    """That one person approves a request, of what it was narrowed to then, and perhaps of less."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(AccessRequest, on_delete=models.CASCADE, related_name="approvals", db_constraint=False)
    approver = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    columns = ArrayField(models.UUIDField())
    minutes = models.PositiveIntegerField()
    approved_at = models.DateTimeField()
    shown = models.CharField(max_length=64, help_text="Fingerprint of what was shown to the approver.")
    comment = SealedField(null=True, blank=True)

    class Meta:
        ordering = ["approved_at"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "request", "approver"], name="approval_once"),
            models.UniqueConstraint(fields=["environment", "id"], name="approval_same_environment"),
        ]

    def __str__(self) -> str:
        return f"approval of {self.request_id}"
