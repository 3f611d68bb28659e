"""What the analysis of the book knows beside it: who works here, whom to watch over, which jobs run by a schedule."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.models.accounts import Account
from governance.models.clients import Client
from governance.models.owned import OwnedByEnvironment, owned_constraints


class StaffMember(models.Model):
    """An operator as the staff directory has them. It explains what they do, and gives them no right."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    team = models.CharField(max_length=64, blank=True, default="")
    role = models.CharField(max_length=64, blank=True, default="")
    manager = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    joined_on = models.DateField(null=True)
    left_on = models.DateField(null=True, help_text="The last day.")
    leave = models.JSONField(default=list, help_text="First and last days.")
    own_record = models.UUIDField(null=True, help_text="Their id, where they are in the store as well.")

    class Meta:
        ordering = ["account__username"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="staff_same_environment"),
            models.UniqueConstraint(fields=["environment", "account"], name="staff_once"),
        ]
        indexes = [models.Index(fields=["environment", "own_record"], name="staff_own_record")]

    def __str__(self) -> str:
        return f"staff member {self.account_id}"


class StaffDirectory(OwnedByEnvironment):
    """What the directory of an environment was taken in from last: this is what a second person decides about."""

    members = models.PositiveIntegerField()
    added = models.PositiveIntegerField(help_text="By the last file, like `changed` and `ended`.")
    changed = models.PositiveIntegerField()
    ended = models.PositiveIntegerField()
    file_digest = models.CharField(max_length=64, help_text="SHA-256 of the file, its lines ended by a line feed.")

    class Meta:
        verbose_name = "staff directory"
        constraints = [
            *owned_constraints("staff_directory"),
            models.UniqueConstraint(fields=["environment"], name="staff_directory_once"),
        ]

    def __str__(self) -> str:
        return f"of {self.members} members"


class MarkedSubject(OwnedByEnvironment):
    """A person whom curiosity is drawn to, or one who does not exist and whom no work leads to."""

    FLAGGED, HONEY = "flagged", "honey"

    subject_id = models.UUIDField()
    kind = models.CharField(max_length=16)
    marked_by = models.UUIDField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            *owned_constraints("marked_subject"),
            models.UniqueConstraint(fields=["environment", "subject_id"], name="marked_subject_once"),
            models.CheckConstraint(name="marked_subject_kind", condition=models.Q(kind__in=["flagged", "honey"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class RegisteredJob(OwnedByEnvironment):
    """That what a client does for some purposes is its schedule's, and asks for no other reason."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    purposes = ArrayField(models.CharField(max_length=128), help_text="Names.")
    hours = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="Of the day, UTC; empty: any.")
    accessors = ArrayField(models.UUIDField(), default=list, db_default=[], help_text="Their ids; empty: any.")

    class Meta:
        ordering = ["client__name"]
        constraints = [
            *owned_constraints("registered_job"),
            models.UniqueConstraint(fields=["environment", "client"], name="registered_job_once"),
        ]

    def __str__(self) -> str:
        return f"job {self.client}"
