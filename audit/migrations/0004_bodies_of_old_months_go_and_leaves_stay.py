"""Bodies of months that are over go after a while, unless a hold keeps them; their leaves stay."""

from __future__ import annotations

import uuid

import django.db.models.functions
from django.db import migrations, models

from audit.integrity.months import BACKWARD, FORWARD


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_entries_have_a_place_in_a_tree")]

    operations = [
        migrations.CreateModel(
            name="MonthHold",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("matter", models.CharField(max_length=64)),
                ("held_by", models.UUIDField(null=True)),
                ("held_at", models.DateTimeField(db_default=django.db.models.functions.Now())),
                ("released_by", models.UUIDField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="audit_monthhold_first_day"),
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("month", "matter"),
                        name="audit_monthhold_once",
                    ),
                ]
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
