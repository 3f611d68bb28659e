"""The staff directory as a whole: what a second person decides about in a protected environment."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from keyring.walls import EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0035_requests_keep_what_another_system_said_of_their_ticket"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffDirectory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("members", models.PositiveIntegerField()),
                (
                    "added",
                    models.PositiveIntegerField(help_text="By the last file, like `changed` and `ended`."),
                ),
                ("changed", models.PositiveIntegerField()),
                ("ended", models.PositiveIntegerField()),
                (
                    "file_digest",
                    models.CharField(help_text="SHA-256 of the file, its lines ended by a line feed.", max_length=64),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "verbose_name": "staff directory",
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="staff_directory_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="staff_directory_same_environment"),
                    models.UniqueConstraint(fields=("environment",), name="staff_directory_once"),
                ],
            },
        ),
        EnvironmentWall("StaffDirectory"),
    ]
