"""Rules look at the book: how far they came, what they remember and what they found, each behind its wall."""

from __future__ import annotations

import uuid

from django.db import migrations, models

import keyring.fields
from keyring.walls import CompositeForeignKey, EnvironmentWall

WALLED = (
    "AnalysisCursor", "Recollection", "Alert", "Finding", "FindingComment", "ExpectedWork", "DetectionSetting"
)  # fmt: skip
KEEP = "revoke delete on audit_analysiscursor, audit_alert, audit_finding, audit_findingcomment from sealbook_app;"
GIVE = "grant delete on audit_analysiscursor, audit_alert, audit_finding, audit_findingcomment to sealbook_app;"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_bodies_of_old_months_go_and_leaves_stay"),
    ]

    operations = [
        migrations.CreateModel(
            name="AnalysisCursor",
            fields=[
                ("environment_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "index",
                    models.BigIntegerField(default=0, help_text="The first place in the tree that was not looked at."),
                ),
                ("closed_until", models.DateField(help_text="The last day that was looked at as a whole.", null=True)),
                ("turned_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("rule", models.TextField()),
                ("version", models.IntegerField()),
                ("severity", models.TextField()),
                ("action", models.TextField()),
                ("key", models.TextField()),
                ("window_start", models.DateTimeField()),
                ("threshold", models.IntegerField()),
                ("count", models.IntegerField()),
                ("nats", models.FloatField()),
                ("actor", models.TextField()),
                ("actor_kind", models.TextField()),
                ("grant", models.TextField()),
                ("subject", models.TextField(help_text="Handle of the person it is about, if it is about one.")),
                ("why", models.JSONField()),
                ("evidence", models.JSONField(help_text="Places in the tree with the ids of the entries there.")),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("environment_id"), models.F("actor"), models.F("at"), name="audit_alert_actor"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment_id", "id"), name="audit_alert_same_environment")
                ],
            },
        ),
        migrations.CreateModel(
            name="DetectionSetting",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("detection", models.TextField()),
                ("is_enabled", models.BooleanField(default=True)),
                ("threshold", models.IntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment_id", "detection"), name="audit_detection_once"),
                    models.CheckConstraint(
                        condition=models.Q(("threshold", None), ("threshold__gte", 1), _connector="OR"),
                        name="audit_detection_threshold",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExpectedWork",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("finding_id", models.UUIDField()),
                ("actor", models.TextField()),
                ("subject", models.TextField()),
                ("owner", models.UUIDField()),
                ("until", models.DateTimeField()),
                ("marked_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(models.F("environment_id"), models.F("until"), name="audit_expectation_until")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("actor", ""), ("subject", ""), _negated=True),
                        name="audit_expectation_names_somebody",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.UUIDField(help_text="That of its alert.", primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("state", models.TextField(default="new")),
                ("owner", models.UUIDField(help_text="The operator who looks into it.", null=True)),
                ("opened_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.UUIDField(null=True)),
                (
                    "containment",
                    models.TextField(default="", help_text="Of a rule that contains: due, done or failed."),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("environment_id"), models.F("state"), models.F("opened_at"), name="audit_finding_state"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment_id", "id"), name="audit_finding_same_environment"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("new", "assigned", "explained", "confirmed", "false positive"))
                        ),
                        name="audit_finding_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("containment__in", ("", "due", "done", "failed"))),
                        name="audit_finding_containment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FindingComment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("finding_id", models.UUIDField()),
                ("author", models.UUIDField()),
                ("written_at", models.DateTimeField()),
                ("text", keyring.fields.SealedField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("environment_id"),
                        models.F("finding_id"),
                        models.F("written_at"),
                        name="audit_finding_comment",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Recollection",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("topic", models.TextField()),
                ("key", models.TextField()),
                ("value", models.JSONField()),
                ("kept_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("environment_id"),
                        models.F("topic"),
                        models.F("kept_at"),
                        name="audit_recollection_topic",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment_id", "key", "topic"), name="audit_recollection_once")
                ],
            },
        ),
        *(EnvironmentWall(name) for name in WALLED),
        CompositeForeignKey("Finding", "id", "audit.Alert"),
        CompositeForeignKey("FindingComment", "finding_id", "audit.Finding"),
        CompositeForeignKey("ExpectedWork", "finding_id", "audit.Finding"),
        migrations.RunSQL(KEEP, GIVE),
    ]
