from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0003_sessions_are_kept_under_a_digest"),
    ]

    operations = [
        migrations.AlterModelOptions(name="account", options={"verbose_name": "operator"}),
        migrations.AddField(
            model_name="account",
            name="password_is_temporary",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
