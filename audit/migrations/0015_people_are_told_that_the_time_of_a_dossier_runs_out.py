"""A dossier knows how often people were told that its time runs out, so that they are told once of each."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0014_who_sets_a_rule_says_which_setting_they_saw"),
    ]

    operations = [
        migrations.AddField(
            "BreachDossier",
            "warned",
            models.PositiveSmallIntegerField(
                default=0, db_default=0, help_text="How often people were told that its time runs out."
            ),
        ),
    ]
