"""Settings of rules are counted, so that whoever sets one overwrites none that they have not seen."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0013_backtests_end_one_way_or_the_other"),
    ]

    operations = [
        migrations.AddField(
            "DetectionSetting",
            "revision",
            models.PositiveIntegerField(default=0, db_default=0, help_text="How often it was set."),
        ),
    ]
