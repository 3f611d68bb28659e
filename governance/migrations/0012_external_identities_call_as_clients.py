"""External issuers, and the identities of theirs that may call as clients."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import keyring.fields
from keyring.walls import CompositeForeignKey, EnvironmentWall

OWNED = [
    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
    ("public_id", models.UUIDField(default=uuid.uuid4)),
    ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
    (
        "environment",
        models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"),
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0011_policies_can_ask_the_graph"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExternalIssuer",
            fields=[*OWNED, ("url", models.CharField(max_length=512))],
            options={
                "ordering": ["url"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="external_issuer_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="external_issuer_same_environment"),
                    models.UniqueConstraint(fields=("environment", "url"), name="external_issuer_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalIdentity",
            fields=[
                *OWNED,
                ("subject", keyring.fields.SealedField(blank=True, null=True)),
                ("subject_print", models.CharField(blank=True, default="", editable=False, max_length=32)),
                (
                    "issuer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="governance.externalissuer",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="governance.client",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "external identities",
                "ordering": ["issuer", "created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "public_id"), name="external_identity_public_id_once"
                    ),
                    models.UniqueConstraint(fields=("environment", "id"), name="external_identity_same_environment"),
                    models.UniqueConstraint(
                        fields=("environment", "issuer", "subject_print"), name="external_identity_once"
                    ),
                ],
            },
        ),
        EnvironmentWall("ExternalIssuer"),
        EnvironmentWall("ExternalIdentity"),
        CompositeForeignKey("ExternalIdentity", "issuer_id", "governance.ExternalIssuer", on_delete="cascade"),
        CompositeForeignKey("ExternalIdentity", "client_id", "governance.Client", on_delete="cascade"),
    ]
