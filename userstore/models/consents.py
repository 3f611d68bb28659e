"""The consent history, append-only: the current purposes of every value can be rebuilt from it."""

from __future__ import annotations

import uuid

from django.db import models


class ConsentRecord(models.Model):
    """One change of one purpose of one value: who, when, how, on which basis and text, until when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The purpose, bound to its environment, binds the record to it as well (as in `Value`).
    environment = models.ForeignKey(
        "governance.Environment", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    subject_id = models.BigIntegerField()
    column_id = models.BigIntegerField()
    value_id = models.UUIDField()
    purpose = models.ForeignKey("governance.Purpose", on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    permitted = models.BooleanField()
    until = models.DateTimeField(null=True)
    legal_basis = models.CharField(max_length=32)
    text_version = models.CharField(max_length=64, blank=True, default="")
    source = models.CharField(max_length=64, help_text="How: mutator, withdrawal, value removed, import, console.")
    by_kind = models.CharField(max_length=16)
    by_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    sequence = models.BigIntegerField(help_text="Order of records within one transaction and moment.")

    class Meta:
        indexes = [
            models.Index(fields=["environment", "subject_id", "recorded_at"], name="consent_of_subject"),
            models.Index(fields=["environment", "value_id"], name="consent_of_value"),
        ]

    def __str__(self) -> str:
        return f"{'permitted' if self.permitted else 'withdrawn'} {self.purpose_id}"
