"""Sums by the hour are kept beside the book, and how far it is counted, each behind its wall."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

from keyring.walls import EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_the_book_is_looked_at_by_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollUpCursor",
            fields=[
                ("environment_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "index",
                    models.BigIntegerField(default=0, help_text="The first place in the tree that was not counted."),
                ),
                ("turned_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="HourlyCount",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        help_text="Follows from what it is counted by.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("environment_id", models.UUIDField()),
                (
                    "hour",
                    models.DateTimeField(help_text="Begin of the hour (UTC) in which the database took the entries."),
                ),
                ("actor_kind", models.TextField()),
                ("actor", models.TextField(help_text="The actor's id, empty where there is none.")),
                ("kind", models.TextField()),
                ("outcome", models.TextField()),
                (
                    "accessor",
                    models.TextField(help_text="Id of the accessor that was read through, empty for other kinds."),
                ),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        help_text="Names, sorted; none where there are none.",
                        size=None,
                    ),
                ),
                ("entries", models.BigIntegerField()),
                ("people", models.BigIntegerField()),
                ("rows", models.BigIntegerField()),
                (
                    "values",
                    models.BigIntegerField(help_text="Rows times columns: how many values were handed out at most."),
                ),
            ],
            options={
                "indexes": [models.Index(models.F("environment_id"), models.F("hour"), name="audit_hourlycount_hour")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("entries__gt", 0)), name="audit_hourlycount_counts")
                ],
            },
        ),
        EnvironmentWall("RollUpCursor"),
        EnvironmentWall("HourlyCount"),
    ]
