"""Notices: what somebody is told about access, kept in the transaction of what it tells and sent afterwards."""

from __future__ import annotations

import uuid

from django.db import models

from governance.models.accounts import Account
from governance.models.webhooks import Webhook
from keyring.fields import SealedField


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


class Delivery(models.Model):
    """One message on its way out: an e-mail of one notice, or what one webhook is told of one thing that happened.

    Its id is the message's own, so whoever gets it twice can tell. `next_at` is when it is tried next; while somebody
    sends it, when another may take it over.
    """

    PENDING, SENT, GIVEN_UP = "pending", "sent", "given_up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    notice = models.ForeignKey(Notice, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    webhook = models.ForeignKey(Webhook, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=64)
    about = models.UUIDField()
    created_at = models.DateTimeField()
    state = models.CharField(max_length=16, default=PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=32, blank=True, default="", help_text="Why the last try failed, in our words.")

    class Meta:
        ordering = ["-created_at", "pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["environment", "id"], name="delivery_same_environment"),
            models.UniqueConstraint(fields=["environment", "notice"], name="delivery_of_notice_once"),
            models.CheckConstraint(
                name="delivery_goes_one_way",
                condition=models.Q(notice=None, webhook__isnull=False) | models.Q(notice__isnull=False, webhook=None),
            ),
            models.CheckConstraint(
                name="delivery_ends_once",
                condition=models.Q(state="pending", ended_at=None)
                | models.Q(state__in=["sent", "given_up"], ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "next_at"], condition=models.Q(state="pending"), name="delivery_due"),
            models.Index(fields=["environment", "-created_at"], name="delivery_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.way}"

    @property
    def way(self) -> str:
        return "e-mail" if self.webhook_id is None else "webhook"


class FormerAddress(models.Model):
    """Where somebody's notices went before: kept until that address is told, and belongs to no environment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    email = SealedField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at"]
        verbose_name_plural = "former addresses"

    def __str__(self) -> str:
        return f"of {self.account_id}"
