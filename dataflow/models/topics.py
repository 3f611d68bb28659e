"""Topics of an environment: what flows have said that they may hold."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints


class FlowTopic(OwnedByEnvironment):
    """One topic, by its name on the wire. All flows of the environment that name it agree on what it may hold."""

    name = models.CharField(max_length=128)
    holds = models.JSONField(help_text="Categories of personal data, sorted; none is a topic without any.")
    expires = models.PositiveBigIntegerField(help_text="Seconds after which a record is taken out; 0 is never.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of its types as the flow that declared it has them.")
    declared_by = models.CharField(max_length=128, help_text="The flow, as namespace/name.")
    declared_at = models.DateTimeField(default=timezone.now)
    flows = models.JSONField(help_text="Flows that name it, sorted.")

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "topic"
        constraints = [
            *owned_constraints("flow_topic"),
            models.UniqueConstraint(fields=["environment", "name"], name="flow_topic_name_once"),
            models.CheckConstraint(name="flow_topic_has_a_digest", condition=models.Q(digest__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return self.name
