"""Files on their way into the store, sealed, behind walls, with what was wrong with their records."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import keyring.fields
from keyring.walls import CompositeForeignKey, EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0014_purposes_stay_for_the_history_of_consents"),
        ("userstore", "0011_erasures_are_kept_track_of"),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("by_kind", models.CharField(max_length=16)),
                ("by_id", models.UUIDField()),
                ("instructions", keyring.fields.SealedField()),
                ("mutator_id", models.UUIDField(null=True)),
                ("format", models.CharField(max_length=16)),
                ("state", models.CharField(default="awaited", max_length=16)),
                ("held_because", models.CharField(blank=True, default="", max_length=300)),
                ("is_kept", models.BooleanField(default=True)),
                ("key_id", models.UUIDField(null=True)),
                ("mark", models.BinaryField(default=bytes)),
                ("secret_digest", models.BinaryField(default=bytes)),
                ("secret_until", models.DateTimeField(null=True)),
                (
                    "size",
                    models.PositiveBigIntegerField(default=0, help_text="Bytes of the file, as far as it is here."),
                ),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("line", models.PositiveBigIntegerField(default=1)),
                ("is_skipping", models.BooleanField(default=False)),
                ("records", models.PositiveBigIntegerField(default=0)),
                ("effective", models.PositiveBigIntegerField(default=0, help_text="Records that changed somebody.")),
                ("failed", models.PositiveBigIntegerField(default=0)),
                ("users_created", models.PositiveBigIntegerField(default=0)),
                ("values_written", models.PositiveBigIntegerField(default=0)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "id"), name="import_same_environment"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("awaited", "running", "held", "finished", "cancelled"))),
                        name="import_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__lte", models.F("size"))), name="import_within_its_file"
                    ),
                ],
                "indexes": [models.Index(fields=["environment", "created_at"], name="import_by_creation")],
            },
        ),
        migrations.CreateModel(
            name="ImportFault",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("line", models.PositiveBigIntegerField()),
                ("field", models.CharField(blank=True, default="", max_length=200)),
                ("reason", keyring.fields.SealedField()),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faults",
                        to="userstore.import",
                    ),
                ),
            ],
            options={
                "ordering": ["line"],
                "indexes": [models.Index(fields=["environment", "source", "line"], name="import_fault_by_line")],
            },
        ),
        migrations.CreateModel(
            name="ImportPiece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("sealed", models.BinaryField()),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="userstore.import",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "source", "number"), name="import_piece_once")
                ]
            },
        ),
        EnvironmentWall("Import"),
        EnvironmentWall("ImportFault"),
        EnvironmentWall("ImportPiece"),
        CompositeForeignKey("ImportFault", "source_id", "userstore.Import", on_delete="cascade"),
        CompositeForeignKey("ImportPiece", "source_id", "userstore.Import", on_delete="cascade"),
    ]
