"""What the analysis of the book keeps: how far it has come, what it remembers, what it found, what people say to it."""

from __future__ import annotations

import uuid

from django.db import models

from keyring.fields import SealedField

NEW, ASSIGNED, EXPLAINED, CONFIRMED, FALSE_POSITIVE = "new", "assigned", "explained", "confirmed", "false positive"
OPEN = (NEW, ASSIGNED)
STATES = (NEW, ASSIGNED, EXPLAINED, CONFIRMED, FALSE_POSITIVE)


class AnalysisCursor(models.Model):
    """How far the analysis of one environment has come: it and what was found are written in one transaction."""

    environment_id = models.UUIDField(primary_key=True)
    index = models.BigIntegerField(default=0, help_text="The first place in the tree that was not looked at.")
    closed_until = models.DateField(null=True, help_text="The last day that was looked at as a whole.")
    turned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"analysis until {self.index}"


class Recollection(models.Model):
    """One thing that is remembered of earlier accesses: handles, ids and numbers (audit.analysis.memory)."""

    id = models.BigAutoField(primary_key=True)
    environment_id = models.UUIDField()
    topic = models.TextField()
    key = models.TextField()
    value = models.JSONField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["environment_id", "key", "topic"], name="audit_recollection_once"),
        )
        indexes = (models.Index("environment_id", "topic", "kept_at", name="audit_recollection_topic"),)

    def __str__(self) -> str:
        return f"{self.topic} of {self.id}"


class Alert(models.Model):
    """One rule's signals of one key in one window. Its id follows from these, so it is found once however often."""

    id = models.UUIDField(primary_key=True)
    environment_id = models.UUIDField()
    rule = models.TextField()
    version = models.IntegerField()
    severity = models.TextField()
    action = models.TextField()
    key = models.TextField()
    window_start = models.DateTimeField()
    threshold = models.IntegerField()
    count = models.IntegerField()
    nats = models.FloatField()
    actor = models.TextField()
    actor_kind = models.TextField()
    grant = models.TextField()
    subject = models.TextField(help_text="Handle of the person it is about, if it is about one.")
    why = models.JSONField()
    evidence = models.JSONField(help_text="Places in the tree with the ids of the entries there.")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["environment_id", "id"], name="audit_alert_same_environment"),)
        indexes = (models.Index("environment_id", "actor", "at", name="audit_alert_actor"),)

    def __str__(self) -> str:
        return f"{self.rule} {self.id}"

    @property
    def is_raised(self) -> bool:
        """Whether there are as many signals as it takes."""
        return self.count >= self.threshold


class Finding(models.Model):
    """An alert that reached its threshold, and what people make of it."""

    id = models.UUIDField(primary_key=True, help_text="That of its alert.")
    environment_id = models.UUIDField()
    state = models.TextField(default=NEW)
    owner = models.UUIDField(null=True, help_text="The operator who looks into it.")
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    containment = models.TextField(default="", help_text="Of a rule that contains: due, done or failed.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["environment_id", "id"], name="audit_finding_same_environment"),
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="audit_finding_state_known"),
            models.CheckConstraint(
                condition=models.Q(containment__in=("", "due", "done", "failed")),
                name="audit_finding_containment",
            ),
        )
        indexes = (models.Index("environment_id", "state", "opened_at", name="audit_finding_state"),)

    def __str__(self) -> str:
        return f"finding {self.id}"


class FindingComment(models.Model):
    """What somebody wrote about a finding, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    environment_id = models.UUIDField()
    finding_id = models.UUIDField()
    author = models.UUIDField()
    written_at = models.DateTimeField()
    text = SealedField(null=True)

    class Meta:
        indexes = (models.Index("environment_id", "finding_id", "written_at", name="audit_finding_comment"),)

    def __str__(self) -> str:
        return f"comment on {self.finding_id}"


class ExpectedWork(models.Model):
    """That accesses by somebody, or to somebody, are expected until a day: they count as explained."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    environment_id = models.UUIDField()
    finding_id = models.UUIDField()
    actor = models.TextField()
    subject = models.TextField()
    owner = models.UUIDField()
    until = models.DateTimeField()
    marked_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~models.Q(actor="", subject=""), name="audit_expectation_names_somebody"),
        )
        indexes = (models.Index("environment_id", "until", name="audit_expectation_until"),)

    def __str__(self) -> str:
        return f"expected until {self.until:%Y-%m-%d}"


class DetectionSetting(models.Model):
    """That a rule runs here with another threshold, or not at all."""

    id = models.BigAutoField(primary_key=True)
    environment_id = models.UUIDField()
    detection = models.TextField()
    is_enabled = models.BooleanField(default=True)
    threshold = models.IntegerField(null=True)
    parameters = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="Numbers that the rule decides by, where they are not its own.",
    )
    revision = models.PositiveIntegerField(default=0, db_default=0, help_text="How often it was set.")
    is_containing = models.BooleanField(
        default=False, db_default=False, help_text="Whether what it finds is also stopped at once."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["environment_id", "detection"], name="audit_detection_once"),
            models.CheckConstraint(
                condition=models.Q(threshold=None) | models.Q(threshold__gte=1), name="audit_detection_threshold"
            ),
        )

    def __str__(self) -> str:
        return self.detection


class BacktestRun(models.Model):
    """What a rule with some threshold and parameters would have found over days that are over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    environment_id = models.UUIDField()
    detection = models.TextField()
    version = models.IntegerField()
    threshold = models.IntegerField()
    parameters = models.JSONField(default=dict)
    first = models.DateField()
    last = models.DateField()
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    failed_at = models.DateTimeField(null=True)
    fault = models.TextField(default="", db_default="", help_text="Why it failed: error, time, worker or version.")
    accesses = models.BigIntegerField(default=0)
    alerts = models.IntegerField(default=0)
    found = models.JSONField(default=list, help_text="The strongest: day, actor, nats.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["environment_id", "id"], name="audit_backtest_same_environment"),
            models.CheckConstraint(condition=models.Q(first__lte=models.F("last")), name="audit_backtest_days"),
            models.CheckConstraint(
                condition=models.Q(failed_at=None, fault="")
                | (models.Q(failed_at__isnull=False, finished_at=None) & ~models.Q(fault="")),
                name="audit_backtest_ends_once",
            ),
        )
        indexes = (models.Index("environment_id", "detection", "asked_at", name="audit_backtest_of_rule"),)

    def __str__(self) -> str:
        return f"backtest of {self.detection}"

    @property
    def state(self) -> str:
        """How far it is: waiting, running, done or failed."""
        if self.finished_at is not None:
            return "done"
        return "failed" if self.failed_at is not None else "running" if self.started_at is not None else "waiting"
