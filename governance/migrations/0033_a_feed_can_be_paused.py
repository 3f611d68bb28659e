"""A feed can be paused: the book stays where it is until somebody resumes it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0032_the_book_is_fed_to_other_systems"),
    ]

    operations = [
        migrations.AddField("Feed", "paused_at", models.DateTimeField(editable=False, null=True)),
    ]
