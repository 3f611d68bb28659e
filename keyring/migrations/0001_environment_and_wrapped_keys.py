"""The key tables, each environment's rows behind its wall."""

import uuid

import django.contrib.postgres.functions
from django.db import migrations, models

from keyring.walls import SYSTEM_ENVIRONMENT, EnvironmentWall

# Operators' sealed text belongs to no environment but is read while the console is in one, and a transaction is in
# one environment only. So the system's wrapped keys, which open nothing without a KMS, may be read from inside any
# environment. From outside all of them they stay as invisible as the others, and nobody else may write them.
SYSTEM_KEYS = f"""
    create policy system_keys on {{table}} for select to public using (
        environment_id = '{SYSTEM_ENVIRONMENT}'::uuid
        and (select nullif(current_setting('sealbook.environment', true), '')) is not null
    )
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="EnvironmentKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField(editable=False)),
                ("number", models.PositiveIntegerField(editable=False)),
                ("provider", models.CharField(editable=False, max_length=63)),
                ("wrapped", models.BinaryField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                ("retired_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment_id", "number"), name="environment_key_number"),
                    models.UniqueConstraint(fields=("environment_id", "id"), name="environment_key_in_environment"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="environment_key_counts_from_one"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WrappedKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("environment_id", models.UUIDField(editable=False)),
                ("kind", models.CharField(editable=False, max_length=16)),
                ("scope", models.CharField(blank=True, editable=False, max_length=200)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("wrapped", models.BinaryField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "subject"), _negated=True),
                        fields=("environment_id", "kind", "scope", "version"),
                        name="wrapped_key_version",
                    ),
                    models.UniqueConstraint(fields=("environment_id", "id"), name="wrapped_key_in_environment"),
                    models.CheckConstraint(condition=models.Q(("version__gte", 1)), name="wrapped_key_counts_from_one"),
                ],
            },
        ),
        EnvironmentWall("EnvironmentKey"),
        EnvironmentWall("WrappedKey"),
        migrations.RunSQL(
            SYSTEM_KEYS.format(table="keyring_environmentkey"), "drop policy system_keys on keyring_environmentkey"
        ),
        migrations.RunSQL(
            SYSTEM_KEYS.format(table="keyring_wrappedkey"), "drop policy system_keys on keyring_wrappedkey"
        ),
    ]
