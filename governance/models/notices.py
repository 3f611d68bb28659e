"""Notices: what somebody is told about access, kept in the transaction of what it tells and sent afterwards."""

from __future__ import annotations

import uuid

from django.db import models

from governance.models.accounts import Account


class Notice(models.Model):
    """One thing that one person is told. It names by id what it is about, which is looked up when it is read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=64)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    about = models.UUIDField(help_text="The request, grant or review that it is about.")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["environment", "id"], name="notice_same_environment")]
        indexes = [models.Index(fields=["environment", "account", "-created_at"], name="notice_of_somebody")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.account_id}"
