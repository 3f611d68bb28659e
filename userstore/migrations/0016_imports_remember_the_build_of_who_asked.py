"""An import goes on as the program that asked for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("userstore", "0015_accessors_can_be_asked_for"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="workload",
            field=models.JSONField(null=True),
        ),
    ]
