"""End the sessions that lie under their keys: whoever reads the table could use them. People sign in once more."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0002_walls_and_the_door"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunSQL("delete from django_session", migrations.RunSQL.noop)]
