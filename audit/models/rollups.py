"""How much happened in each hour: counted from sealed entries, kept longer than their bodies."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class RollUpCursor(models.Model):
    """How far one environment's entries are counted: it and the counts are written in one transaction."""

    environment_id = models.UUIDField(primary_key=True)
    index = models.BigIntegerField(default=0, help_text="The first place in the tree that was not counted.")
    turned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"counted until {self.index}"


class HourlyCount(models.Model):
    """What somebody did in one hour, as numbers.

    Counts of people are sums over entries: who was looked at twice counts twice.
    """

    id = models.UUIDField(primary_key=True, help_text="Follows from what it is counted by.")
    environment_id = models.UUIDField()
    hour = models.DateTimeField(help_text="Begin of the hour (UTC) in which the database took the entries.")
    actor_kind = models.TextField()
    actor = models.TextField(help_text="The actor's id, empty where there is none.")
    kind = models.TextField()
    outcome = models.TextField()
    accessor = models.TextField(help_text="Id of the accessor that was read through, empty for other kinds.")
    purposes = ArrayField(models.TextField(), help_text="Names, sorted; none where there are none.")
    entries = models.BigIntegerField()
    people = models.BigIntegerField()
    rows = models.BigIntegerField()
    values = models.BigIntegerField(help_text="Rows times columns: how many values were handed out at most.")

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(entries__gt=0), name="audit_hourlycount_counts"),)
        indexes = (models.Index("environment_id", "hour", name="audit_hourlycount_hour"),)

    def __str__(self) -> str:
        return f"{self.entries} x {self.kind} at {self.hour:%Y-%m-%d %H}"
