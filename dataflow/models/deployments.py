"""Flows that run on the server: what is wanted, and what became of it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dataflow.models.hub import HubItem
from governance.models.clients import Client
from governance.models.owned import OwnedByEnvironment, owned_constraints

RUNNING, STOPPED = "running", "stopped"
"""What is wanted, and what became of it."""
FAILING, REFUSED, TURNING = "failing", "refused", "turning back"
"""What else can become of it: its workers end, its plan is refused, or it is about to read its sources again."""
MOST_WORKERS = 8


class Deployment(OwnedByEnvironment):
    """A published flow that runs as a client, with so many workers. There is one of each flow of an environment.

    Heartbeats and figures are in Redis; a row changes when somebody decides something, or when what became of it does.
    """

    name = models.CharField(max_length=127, help_text="The flow's own, namespace/name.")
    item = models.ForeignKey(HubItem, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the published files, in hexadecimal digits.")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    workers = models.PositiveSmallIntegerField(default=1)
    wanted = models.CharField(max_length=16, default=RUNNING)
    reading = models.UUIDField(
        null=True, help_text="Another one than the engine has: all sources are to be read again, from `reads_from` on."
    )
    reads_from = models.DateTimeField(null=True, help_text="Of that reading; none: from the beginning.")
    replays_until = models.DateTimeField(null=True, help_text="Dead letters up to here are to be put back.")
    decided_by = models.UUIDField()
    decided_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=16, default=STOPPED)
    trouble = models.TextField(blank=True, default="", help_text="What is the matter, in words without values.")
    seen_at = models.DateTimeField(null=True, help_text="Since when it is as it was seen.")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            *owned_constraints("deployment"),
            models.UniqueConstraint(fields=["environment", "name"], name="deployment_name_once"),
            models.CheckConstraint(
                condition=models.Q(workers__gte=1, workers__lte=MOST_WORKERS), name="deployment_has_some_workers"
            ),
            models.CheckConstraint(condition=models.Q(wanted__in=[RUNNING, STOPPED]), name="deployment_wanted_known"),
        ]

    def __str__(self) -> str:
        return self.name
