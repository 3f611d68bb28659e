"""One line of the book."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from audit.models.fields import CurrentTransactionId, TransactionIdField


class Entry(models.Model):
    """What happened, once and for all.

    `body` is the entry: canonical JSON whose exact bytes sealing will hash. Every other column is a copy to search by;
    `xid` is set by the database alone, as is `recorded_at`, which it also writes into the body. Rows are only ever
    written by the SQL function `audit_append` and read as the auditor; nobody may change or delete one.
    """

    pk = models.CompositePrimaryKey("recorded_at", "id")
    recorded_at = models.DateTimeField(db_default=Now())
    id = models.UUIDField()
    xid = TransactionIdField(db_default=CurrentTransactionId())
    environment_id = models.UUIDField()
    kind = models.TextField()
    outcome = models.TextField()
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    decision_id = models.UUIDField(null=True)
    request_id = models.TextField(null=True)  # noqa: DJ001  absent is not the empty text
    subject_count = models.IntegerField(db_default=0)
    """How many people the entry concerns."""
    subjects = ArrayField(models.TextField(), null=True)
    """Their handles, where they are few enough to be indexed one by one; bulk entries are searched by their body."""
    body = models.TextField()

    class Meta:
        indexes = (
            models.Index("environment_id", "recorded_at", "id", name="audit_entry_newest"),
            models.Index("environment_id", "kind", "recorded_at", "id", name="audit_entry_kind"),
            models.Index(
                "environment_id",
                "actor_id",
                "recorded_at",
                "id",
                name="audit_entry_actor",
                condition=models.Q(actor_id__isnull=False),
            ),
            models.Index(
                "environment_id",
                "outcome",
                "recorded_at",
                "id",
                name="audit_entry_not_done",
                condition=~models.Q(outcome="done"),
            ),
            models.Index("id", name="audit_entry_id"),
            models.Index("xid", name="audit_entry_xid"),
            models.Index("decision_id", name="audit_entry_decision", condition=models.Q(decision_id__isnull=False)),
            models.Index("request_id", name="audit_entry_request", condition=models.Q(request_id__isnull=False)),
            GinIndex(fields=["subjects"], name="audit_entry_subjects", condition=models.Q(subjects__isnull=False)),
            models.Index(
                "environment_id",
                "recorded_at",
                "id",
                name="audit_entry_bulk",
                condition=models.Q(subject_count__gt=0, subjects__isnull=True),
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(outcome__in=("done", "refused", "failed")), name="audit_entry_outcome_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} {self.id}"
