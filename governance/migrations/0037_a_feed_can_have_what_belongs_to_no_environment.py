"""A feed can be told to get what belongs to no environment as well."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0036_a_second_person_decides_about_the_staff_directory"),
    ]

    operations = [
        migrations.AddField(
            "Feed",
            "with_installation",
            models.BooleanField(
                default=False,
                db_default=False,
                editable=False,
                help_text="Whether it gets what belongs to no environment.",
            ),
        ),
    ]
