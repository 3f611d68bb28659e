"""Reviews of rights: how often, by whom, and what became of each right that was looked at."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import Group
from django.db import models

from governance.models.accounts import Account
from governance.models.owned import OwnedByEnvironment, owned_constraints
from keyring.fields import SealedField

SUSPEND, WARN = "suspend", "warn"
KEEP, RETIRE, GONE, DROPPED = "keep", "retire", "gone", "dropped"
LONGEST_DAYS = 3660


class RightsReviewPlan(OwnedByEnvironment):
    """How the rights of an environment are reviewed again and again; there is one plan, or none."""

    owner = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner_group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    every_days = models.PositiveSmallIntegerField()
    deadline_days = models.PositiveSmallIntegerField()
    on_overdue = models.CharField(max_length=16)
    next_at = models.DateTimeField(help_text="When the next review is opened.")

    class Meta:
        verbose_name = "plan of rights reviews"
        constraints = [
            *owned_constraints("rights_review_plan"),
            models.UniqueConstraint(fields=["environment"], name="rights_review_plan_once"),
            models.CheckConstraint(
                name="rights_review_plan_owned_by_one",
                condition=models.Q(owner__isnull=False, owner_group__isnull=True)
                | models.Q(owner__isnull=True, owner_group__isnull=False),
            ),
            models.CheckConstraint(
                name="rights_review_plan_days",
                condition=models.Q(
                    deadline_days__gte=1, every_days__gt=models.F("deadline_days"), every_days__lte=LONGEST_DAYS
                ),
            ),
            models.CheckConstraint(
                name="rights_review_plan_overdue_known", condition=models.Q(on_overdue__in=[SUSPEND, WARN])
            ),
        ]

    def __str__(self) -> str:
        return f"every {self.every_days} days"


class RightsReview(models.Model):
    """One round: every right that was held when it began and did not wait in an earlier one still.

    Overdue, it may suspend what is undecided.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    overdue_told_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was told that it is overdue, which happens once."
    )

    class Meta:
        ordering = ["-opened_at"]
        verbose_name = "rights review"
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="rights_review_same_environment"),
            models.CheckConstraint(name="rights_review_has_time", condition=models.Q(due_at__gt=models.F("opened_at"))),
        ]

    def __str__(self) -> str:
        return f"rights review {self.id}"


class ReviewedRight(models.Model):
    """One right in a review, and its verdict: keep, retire, or before anybody decided gone or dropped with its plan."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(RightsReview, on_delete=models.PROTECT, related_name="rights", db_constraint=False)
    holder_kind = models.CharField(max_length=16, help_text="account or group: in which table the right is.")
    right_pk = models.BigIntegerField()
    verdict = models.CharField(max_length=16, blank=True, default="")
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    comment = SealedField(null=True, blank=True)

    class Meta:
        ordering = ["holder_kind", "right_pk"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="reviewed_right_same_environment"),
            models.UniqueConstraint(fields=["review", "holder_kind", "right_pk"], name="reviewed_right_once"),
            models.UniqueConstraint(
                fields=["environment", "holder_kind", "right_pk"],
                condition=models.Q(verdict=""),
                name="reviewed_right_waits_in_one",
            ),
            models.CheckConstraint(
                name="reviewed_right_kind_known", condition=models.Q(holder_kind__in=["account", "group"])
            ),
            models.CheckConstraint(
                name="reviewed_right_decided_by_somebody",
                condition=models.Q(verdict="", decided_by=None, decided_at=None)
                | models.Q(verdict__in=[GONE, DROPPED], decided_by=None, decided_at__isnull=False)
                | models.Q(verdict__in=[KEEP, RETIRE], decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_kind}-right-{self.right_pk}"
