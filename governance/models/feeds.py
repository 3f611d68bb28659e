"""Feeds: where an environment's sealed entries go as they are sealed, and how far each of them is."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from governance.models.owned import OwnedByEnvironment, owned_constraints
from governance.models.webhooks import Webhook

FILE, SYSLOG, POSTED = "file", "syslog", "webhook"
WAYS = (FILE, SYSLOG, POSTED)


class Feed(OwnedByEnvironment):
    """A system that gets the book of an environment, line by line, each at least once and in order."""

    name = models.CharField(max_length=128)
    way = models.CharField(max_length=16)
    address = models.CharField(max_length=300, blank=True, default="", help_text="Of a syslog server: host:port.")
    webhook = models.ForeignKey(
        Webhook, on_delete=models.PROTECT, null=True, blank=True, related_name="feeds", db_constraint=False
    )
    description = models.TextField(blank=True, default="")
    with_installation = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Whether it gets what belongs to no environment."
    )
    paused_at = models.DateTimeField(null=True, editable=False)
    index = models.BigIntegerField(default=0, editable=False, help_text="The first place that it has not got.")
    sent_at = models.DateTimeField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False, help_text="That failed since the last success.")
    next_at = models.DateTimeField(null=True, editable=False)
    fault = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("feed"),
            models.UniqueConstraint("environment", Lower("name"), name="feed_name_once"),
            models.CheckConstraint(
                condition=models.Q(way=FILE, address="", webhook=None)
                | models.Q(way=POSTED, address="", webhook__isnull=False)
                | (models.Q(way=SYSLOG, webhook=None) & ~models.Q(address="")),
                name="feed_leads_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.name
