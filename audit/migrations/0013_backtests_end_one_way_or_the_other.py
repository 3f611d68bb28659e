"""Backtests end: done, or failed with the reason, after a few tries."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0012_one_verification_of_an_environment_at_a_time"),
    ]

    operations = [
        migrations.AddField("BacktestRun", "tries", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.AddField("BacktestRun", "failed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "BacktestRun",
            "fault",
            models.TextField(default="", db_default="", help_text="Why it failed: error, time, worker or version."),
        ),
        migrations.AddConstraint(
            "BacktestRun",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("failed_at", None), ("fault", "")),
                    models.Q(
                        ("failed_at__isnull", False),
                        ("finished_at", None),
                        models.Q(("fault", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="audit_backtest_ends_once",
            ),
        ),
    ]
