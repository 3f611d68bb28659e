"""Rotations remember how far they have come, so that one that was killed goes on."""

import uuid

import django.contrib.postgres.functions
from django.db import migrations, models

from keyring.walls import EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [("keyring", "0001_environment_and_wrapped_keys")]

    operations = [
        migrations.CreateModel(
            name="KeyRotation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField(editable=False)),
                ("what", models.CharField(editable=False, max_length=32)),
                ("state", models.CharField(default="turning", editable=False, max_length=16)),
                ("place", models.CharField(blank=True, default="", editable=False, max_length=200)),
                ("turned", models.PositiveBigIntegerField(default=0, editable=False)),
                ("turned_in_pass", models.PositiveBigIntegerField(default=0, editable=False)),
                ("expected", models.PositiveBigIntegerField(default=0, editable=False)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                ("started_by", models.UUIDField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["-started_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("environment_id", "what"),
                        name="key_rotation_one_at_a_time",
                    ),
                    models.UniqueConstraint(fields=("environment_id", "id"), name="key_rotation_in_environment"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state__in", ["turning", "keeping"])),
                            models.Q(("ended_at__isnull", False), ("state", "ended")),
                            _connector="OR",
                        ),
                        name="key_rotation_ends_once",
                    ),
                ],
            },
        ),
        EnvironmentWall("KeyRotation"),
    ]
