"""The graph: organizations, types of objects and edges, attributes that edges carry, objects and edges."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import keyring.fields


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0006_a_version_of_a_definition_can_be_withdrawn"),
    ]

    operations = [
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("region", models.CharField(blank=True, default="", max_length=64)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="organization_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="organization_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="organization_name_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ObjectType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("is_system", models.BooleanField(default=False, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="object_type_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="object_type_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="object_type_name_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GraphObject",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("alias", keyring.fields.SealedField(blank=True, null=True)),
                ("alias_blind", models.BinaryField(null=True)),
                ("alias_version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.objecttype",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "object",
                "indexes": [models.Index(fields=["environment", "type", "public_id"], name="graph_object_by_type")],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="graph_object_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="graph_object_same_environment"),
                    models.UniqueConstraint(
                        condition=models.Q(("alias_blind__isnull", False)),
                        fields=("environment", "alias_blind", "alias_version", "type", "organization"),
                        name="graph_object_alias_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("alias__isnull", True), ("alias_blind__isnull", True)),
                            models.Q(("alias__isnull", False), ("alias_blind__isnull", False)),
                            _connector="OR",
                        ),
                        name="graph_object_alias_is_found",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EdgeType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("is_system", models.BooleanField(default=False, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "source_type",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.objecttype",
                    ),
                ),
                (
                    "target_type",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.objecttype",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="edge_type_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="edge_type_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="edge_type_name_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EdgeAttribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=128)),
                ("flow", models.CharField(max_length=9)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "edge_type",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attributes",
                        to="governance.edgetype",
                    ),
                ),
            ],
            options={
                "ordering": ["edge_type", "ordinal"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "name", "flow", "edge_type"), name="edge_attribute_once"
                    ),
                    models.UniqueConstraint(
                        fields=("environment", "edge_type", "ordinal"), name="edge_attribute_ordinal_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("flow__in", ("direct", "inherit", "propagate"))),
                        name="edge_attribute_flow_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GraphEdge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "edge_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.edgetype",
                    ),
                ),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.graphobject",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.graphobject",
                    ),
                ),
            ],
            options={
                "verbose_name": "edge",
                "indexes": [
                    models.Index(fields=["environment", "target", "edge_type", "source"], name="graph_edge_backwards"),
                    models.Index(fields=["environment", "edge_type"], name="graph_edge_by_type"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="graph_edge_public_id_once"),
                    models.UniqueConstraint(
                        fields=("environment", "source", "edge_type", "target"), name="graph_edge_once"
                    ),
                ],
            },
        ),
    ]
