"""How long values are kept: live ones until they end, deleted ones until they are destroyed."""

from __future__ import annotations

from django.db import models

from governance.models import Purpose
from governance.models.owned import OwnedByEnvironment, owned_constraints
from userstore.models.columns import Column


class RetentionDuration(OwnedByEnvironment):
    """How long values in one state are kept: of one column for one purpose, for a purpose, or of the environment.

    The narrowest one counts; without any, live values are kept without end and deleted ones not at all. `state` is
    that of the values (`LIVE`, `SOFT_DELETED`); `unit` is one of `userstore.retention.durations.UNITS`.
    """

    state = models.PositiveSmallIntegerField()
    column = models.ForeignKey(
        Column, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    purpose = models.ForeignKey(
        Purpose, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    unit = models.CharField(max_length=16)
    amount = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            *owned_constraints("retention"),
            models.UniqueConstraint(
                fields=["environment", "state", "column", "purpose"], name="retention_once", nulls_distinct=False
            ),
            models.CheckConstraint(name="retention_state_known", condition=models.Q(state__in=[0, 1])),
            models.CheckConstraint(
                name="retention_of_a_column_names_a_purpose",
                condition=models.Q(column=None) | models.Q(purpose__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        about = f"{self.column} for {self.purpose}" if self.column else f"everything for {self.purpose}"
        return f"{about if self.purpose else 'everything'}, {'deleted' if self.state else 'live'} values"


class RetentionChange(OwnedByEnvironment):
    """The work that a change of settings makes: the deadlines of what is stored are worked out again, in batches.

    It waits for the writes that began under the former settings: those below `barrier`, a transaction id, that are
    still under way. `position` is the key of the last subject whose values are done. A later change takes over from
    those before it, which end as superseded.
    """

    requested_by = models.UUIDField(null=True)
    barrier = models.BigIntegerField(null=True)
    position = models.BigIntegerField(default=0)
    subjects = models.PositiveBigIntegerField(default=0, help_text="Subjects whose values are done.")
    subjects_in_all = models.PositiveBigIntegerField(default=0)
    values_changed = models.PositiveBigIntegerField(default=0)
    values_due = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_superseded = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            *owned_constraints("retention_change"),
            models.UniqueConstraint(
                fields=["environment"], condition=models.Q(finished_at=None), name="retention_change_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
