"""Breaches have dossiers with a clock, and each day has one digest; both behind their walls, and for good."""

from __future__ import annotations

import uuid

from django.db import migrations, models

from keyring.walls import CompositeForeignKey, EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0010_appending_costs_less"),
    ]

    operations = [
        migrations.CreateModel(
            name="BreachDossier",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("finding_id", models.UUIDField()),
                ("actor", models.TextField()),
                ("since", models.DateTimeField()),
                ("aware_at", models.DateTimeField()),
                ("begun_by", models.UUIDField(null=True)),
                ("state", models.TextField(default="open")),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.UUIDField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment_id", "finding_id"), name="audit_dossier_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("open", "notified", "not required"))),
                        name="audit_dossier_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FindingDigest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("day", models.DateField()),
                ("numbers", models.JSONField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("environment_id", "day"), name="audit_digest_once")],
            },
        ),
        EnvironmentWall("BreachDossier"),
        EnvironmentWall("FindingDigest"),
        CompositeForeignKey("BreachDossier", "finding_id", "audit.Finding"),
        migrations.RunSQL(
            "revoke delete on audit_breachdossier from sealbook_app",
            "grant delete on audit_breachdossier to sealbook_app",
        ),
    ]
