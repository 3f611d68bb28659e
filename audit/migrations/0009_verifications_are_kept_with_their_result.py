"""What verifications came to is kept behind the wall of whose operator asked, and nobody takes one away."""

from __future__ import annotations

import uuid

from django.db import migrations, models

from keyring.walls import EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0008_officers_set_rules_and_test_them_before"),
    ]

    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("state", models.TextField(default="waiting")),
                ("first", models.BigIntegerField()),
                ("size", models.BigIntegerField()),
                ("done", models.BigIntegerField(default=0)),
                (
                    "root",
                    models.TextField(
                        default="", help_text="Root of the tree of `size` entries, in hexadecimal digits."
                    ),
                ),
                ("first_bad", models.BigIntegerField(null=True)),
                ("first_bad_until", models.BigIntegerField(null=True)),
                (
                    "told",
                    models.JSONField(
                        default=list, help_text="Findings of the verifier, and what keeps it from telling."
                    ),
                ),
                ("turned_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(models.F("environment_id"), models.F("asked_at"), name="audit_verification_asked")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("waiting", "running", "whole", "broken", "unknown", "failed"))
                        ),
                        name="audit_verification_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first__gte", 0), ("size__gte", models.F("first"))),
                        name="audit_verification_range",
                    ),
                ],
            },
        ),
        EnvironmentWall("Verification"),
        migrations.RunSQL(
            "revoke delete on audit_verification from sealbook_app",
            "grant delete on audit_verification to sealbook_app",
        ),
    ]
