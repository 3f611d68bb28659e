"""Users have a region, and may have a user name and a password, sealed under their own key."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from keyring.walls import CompositeForeignKey, EnvironmentWall


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0004_an_operator_replaces_a_given_password"),
        ("userstore", "0005_pages_go_both_ways_by_id_creation_and_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="region",
            field=models.CharField(
                blank=True, default="", help_text="Where the caller says they belong.", max_length=32
            ),
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("blind", models.BinaryField()),
                ("blind_version", models.PositiveIntegerField()),
                ("username", models.BinaryField()),
                ("password", models.BinaryField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credentials",
                        to="userstore.subject",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "blind_version", "blind"), name="username_once"),
                    models.UniqueConstraint(fields=("environment", "subject"), name="one_password_of_a_subject"),
                ],
            },
        ),
        EnvironmentWall("Credential"),
        CompositeForeignKey("Credential", "subject_id", "userstore.Subject", on_delete="cascade"),
    ]
