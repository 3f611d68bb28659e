"""Feeds of the book: where sealed entries go, and how far each receiver is, behind its wall."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

from keyring.walls import CompositeForeignKey, EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0031_the_analysis_knows_staff_marks_and_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("way", models.CharField(max_length=16)),
                (
                    "address",
                    models.CharField(
                        blank=True, default="", help_text="Of a syslog server: host:port.", max_length=300
                    ),
                ),
                ("description", models.TextField(blank=True, default="")),
                (
                    "index",
                    models.BigIntegerField(default=0, editable=False, help_text="The first place that it has not got."),
                ),
                ("sent_at", models.DateTimeField(editable=False, null=True)),
                ("claimed_until", models.DateTimeField(editable=False, null=True)),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        default=0, editable=False, help_text="That failed since the last success."
                    ),
                ),
                ("next_at", models.DateTimeField(editable=False, null=True)),
                ("fault", models.CharField(blank=True, default="", editable=False, max_length=64)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feeds",
                        to="governance.webhook",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="feed_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="feed_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"), django.db.models.functions.text.Lower("name"), name="feed_name_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("address", ""), ("way", "file"), ("webhook", None)),
                            models.Q(("address", ""), ("way", "webhook"), ("webhook__isnull", False)),
                            models.Q(("way", "syslog"), ("webhook", None), models.Q(("address", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="feed_leads_somewhere",
                    ),
                ],
            },
        ),
        EnvironmentWall("Feed"),
        CompositeForeignKey("Feed", "webhook_id", "governance.Webhook"),
    ]
