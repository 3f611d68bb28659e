"""Tokens name the version of the index key under which they are found, as values do."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("userstore", "0009_data_types_are_defined_in_an_environment")]

    operations = [
        migrations.AddField(
            model_name="token", name="blind_version", field=models.PositiveIntegerField(default=1, db_default=1)
        ),
    ]
