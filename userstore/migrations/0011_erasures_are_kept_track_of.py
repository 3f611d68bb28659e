"""Which erasures of the ledger this database knows; without the lines' people."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from keyring.walls import EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [("userstore", "0010_tokens_name_their_index_version")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("number", models.PositiveBigIntegerField()),
                ("receipt", models.TextField(blank=True, default="")),
                ("erased_by", models.UUIDField(null=True)),
                ("erased_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("is_repeated", models.BooleanField(default=False)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["-erased_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="erasure_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="erasure_same_environment"),
                ],
            },
        ),
        EnvironmentWall("Erasure"),
    ]
