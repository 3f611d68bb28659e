"""Rules run by numbers that an environment sets, and what they would find is told before."""

from __future__ import annotations

import uuid

from django.db import migrations, models

from keyring.walls import EnvironmentWall

KEEP = "revoke delete on audit_backtestrun from sealbook_app;"
GIVE = "grant delete on audit_backtestrun to sealbook_app;"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0007_entries_say_when_they_were_written"),
    ]

    operations = [
        migrations.AddField(
            model_name="detectionsetting",
            name="is_containing",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether what it finds is also stopped at once."
            ),
        ),
        migrations.AddField(
            model_name="detectionsetting",
            name="parameters",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="Numbers that the rule decides by, where they are not its own.",
            ),
        ),
        migrations.CreateModel(
            name="BacktestRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField()),
                ("detection", models.TextField()),
                ("version", models.IntegerField()),
                ("threshold", models.IntegerField()),
                ("parameters", models.JSONField(default=dict)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("asked_by", models.UUIDField()),
                ("asked_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("accesses", models.BigIntegerField(default=0)),
                ("alerts", models.IntegerField(default=0)),
                ("found", models.JSONField(default=list, help_text="The strongest: day, actor, nats.")),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("environment_id"),
                        models.F("detection"),
                        models.F("asked_at"),
                        name="audit_backtest_of_rule",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment_id", "id"), name="audit_backtest_same_environment"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lte", models.F("last"))), name="audit_backtest_days"
                    ),
                ],
            },
        ),
        EnvironmentWall("BacktestRun"),
        migrations.RunSQL(KEEP, GIVE),
    ]
