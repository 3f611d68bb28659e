"""Whom the analysis of the book knows: staff, marked people, and jobs that run by a schedule."""

from __future__ import annotations

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from keyring.walls import CompositeForeignKey, EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0030_a_former_address_is_told"),
    ]

    operations = [
        migrations.CreateModel(
            name="MarkedSubject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("subject_id", models.UUIDField()),
                ("kind", models.CharField(max_length=16)),
                ("marked_by", models.UUIDField(null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="marked_subject_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="marked_subject_same_environment"),
                    models.UniqueConstraint(fields=("environment", "subject_id"), name="marked_subject_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["flagged", "honey"])), name="marked_subject_kind"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisteredJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=128), help_text="Names.", size=None
                    ),
                ),
                (
                    "hours",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=list,
                        help_text="Of the day, UTC; empty: any.",
                        size=None,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="governance.client",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["client__name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="registered_job_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="registered_job_same_environment"),
                    models.UniqueConstraint(fields=("environment", "client"), name="registered_job_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffMember",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("team", models.CharField(blank=True, default="", max_length=64)),
                ("role", models.CharField(blank=True, default="", max_length=64)),
                ("joined_on", models.DateField(null=True)),
                ("left_on", models.DateField(help_text="The last day.", null=True)),
                ("leave", models.JSONField(default=list, help_text="First and last days.")),
                ("own_record", models.UUIDField(help_text="Their id, where they are in the store as well.", null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "manager",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["account__username"],
                "indexes": [models.Index(fields=["environment", "own_record"], name="staff_own_record")],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "id"), name="staff_same_environment"),
                    models.UniqueConstraint(fields=("environment", "account"), name="staff_once"),
                ],
            },
        ),
        EnvironmentWall("StaffMember"),
        EnvironmentWall("MarkedSubject"),
        EnvironmentWall("RegisteredJob"),
        CompositeForeignKey("RegisteredJob", "client_id", "governance.Client", on_delete="cascade"),
    ]
