"""The sealed store: columns, subjects, values, consents, accessors, mutators, transformers, tokens."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("governance", "0001_environments_clients_rights_and_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Accessor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=256)),
                ("description", models.TextField(blank=True, default="")),
                ("selector", models.TextField()),
                ("consent_mode", models.CharField(default="strict", max_length=16)),
                ("life_cycle_state", models.CharField(default="live", max_length=16)),
                ("overrides_column_policies", models.BooleanField(default=False)),
                ("use_search_index", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("is_system", models.BooleanField(default=False, editable=False)),
                (
                    "access_policy",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.accesspolicy",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "token_policy",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.accesspolicy",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "permissions": [("read", "May read through this accessor")],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="accessor_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="accessor_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="accessor_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("consent_mode__in", ["strict", "partial"])),
                        name="accessor_consent_mode_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("life_cycle_state__in", ["live", "softdeleted"])),
                        name="accessor_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessorPurpose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "accessor",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to="userstore.accessor"
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.RESTRICT, to="governance.purpose"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "accessor", "purpose"), name="accessor_purpose_once")
                ]
            },
        ),
        migrations.AddField(
            model_name="accessor",
            name="purposes",
            field=models.ManyToManyField(
                related_name="+", through="userstore.AccessorPurpose", to="governance.purpose"
            ),
        ),
        migrations.CreateModel(
            name="Column",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.TextField(blank=True, default="")),
                ("data_type", models.CharField(max_length=64)),
                ("is_array", models.BooleanField(default=False)),
                ("default_value", models.CharField(blank=True, default="", max_length=512)),
                ("index_type", models.CharField(default="none", max_length=16)),
                ("search_indexed", models.BooleanField(default=False)),
                (
                    "unique_required",
                    models.BooleanField(default=False, help_text="No equal values within one subject's array."),
                ),
                (
                    "partial_updates",
                    models.BooleanField(default=False, help_text="Single values of an array are added and removed."),
                ),
                ("pii_category", models.CharField(default="unclassified", max_length=64)),
                ("sensitivity", models.PositiveSmallIntegerField(default=4)),
                ("is_system", models.BooleanField(default=False, editable=False)),
                (
                    "access_policy",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.accesspolicy",
                    ),
                ),
                (
                    "default_token_policy",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.accesspolicy",
                    ),
                ),
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
                    models.UniqueConstraint(fields=("environment", "public_id"), name="column_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="column_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"), django.db.models.functions.text.Lower("name"), name="column_name_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sensitivity__range", (1, 4))), name="column_sensitivity_in_range"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("pii_category", "unclassified"), _negated=True),
                            ("sensitivity", 4),
                            _connector="OR",
                        ),
                        name="column_unclassified_is_most_sensitive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("index_type__in", ["none", "indexed", "unique"])), name="column_index_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("partial_updates", False),
                            models.Q(("is_array", True), ("unique_required", True)),
                            _connector="OR",
                        ),
                        name="column_partial_updates_need_unique_array",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConsentRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("subject_id", models.BigIntegerField()),
                ("column_id", models.BigIntegerField()),
                ("value_id", models.UUIDField()),
                ("permitted", models.BooleanField()),
                ("until", models.DateTimeField(null=True)),
                ("legal_basis", models.CharField(max_length=32)),
                ("text_version", models.CharField(blank=True, default="", max_length=64)),
                (
                    "source",
                    models.CharField(
                        help_text="How: mutator, withdrawal, value removed, import, console.", max_length=64
                    ),
                ),
                ("by_kind", models.CharField(max_length=16)),
                ("by_id", models.UUIDField(null=True)),
                ("recorded_at", models.DateTimeField()),
                ("sequence", models.BigIntegerField(help_text="Order of records within one transaction and moment.")),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.purpose",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["environment", "subject_id", "recorded_at"], name="consent_of_subject"),
                    models.Index(fields=["environment", "value_id"], name="consent_of_value"),
                ]
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.UUIDField()),
                ("key_digest", models.BinaryField(max_length=16)),
                ("request_digest", models.BinaryField(max_length=16)),
                ("status", models.PositiveSmallIntegerField()),
                ("answer", models.BinaryField()),
                ("created_at", models.DateTimeField(db_index=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "client_id", "key_digest"), name="idempotency_key_once"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Mutator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.TextField(blank=True, default="")),
                ("selector", models.TextField()),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("is_system", models.BooleanField(default=False, editable=False)),
                (
                    "access_policy",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.accesspolicy",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "permissions": [("write", "May write through this mutator")],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="mutator_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="mutator_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"), django.db.models.functions.text.Lower("name"), name="mutator_name_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MutatorPurpose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "mutator",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to="userstore.mutator"
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.RESTRICT, to="governance.purpose"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "mutator", "purpose"), name="mutator_purpose_once")
                ]
            },
        ),
        migrations.AddField(
            model_name="mutator",
            name="fixed_purposes",
            field=models.ManyToManyField(
                blank=True, related_name="+", through="userstore.MutatorPurpose", to="governance.purpose"
            ),
        ),
        migrations.CreateModel(
            name="Subject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("key_id", models.UUIDField()),
                ("handle", models.BinaryField()),
                ("organization_id", models.UUIDField(blank=True, null=True)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("version", models.PositiveIntegerField(default=1)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="subject_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="subject_same_environment"),
                ]
            },
        ),
        migrations.CreateModel(
            name="Transformer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.TextField(blank=True, default="")),
                ("input_data_type", models.CharField(default="string", max_length=64)),
                ("output_data_type", models.CharField(default="string", max_length=64)),
                ("transform_type", models.CharField(default="transform", max_length=32)),
                ("function", models.TextField(blank=True, default="")),
                ("native", models.CharField(blank=True, default="", max_length=64)),
                ("parameters", models.TextField(blank=True, default="")),
                ("reuse_existing_token", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("is_system", models.BooleanField(default=False, editable=False)),
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
                    models.UniqueConstraint(fields=("environment", "public_id"), name="transformer_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="transformer_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="transformer_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "transform_type__in",
                                ["passthrough", "transform", "tokenizebyvalue", "tokenizebyreference"],
                            )
                        ),
                        name="transformer_type_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reuse_existing_token", False),
                            ("transform_type__in", ["tokenizebyvalue", "tokenizebyreference"]),
                            _connector="OR",
                        ),
                        name="transformer_reuse_only_for_tokens",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("transformer_version", models.PositiveIntegerField()),
                ("blind", models.BinaryField()),
                ("sealed", models.BinaryField()),
                ("data_blind", models.BinaryField()),
                ("data_sealed", models.BinaryField(null=True)),
                ("reuse_blind", models.BinaryField(null=True)),
                ("column_id", models.BigIntegerField(null=True)),
                ("value_id", models.UUIDField(null=True)),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "access_policy",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.accesspolicy",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="userstore.subject",
                    ),
                ),
                (
                    "transformer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="userstore.transformer",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["environment", "data_blind"], name="token_by_data")],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="token_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="token_same_environment"),
                    models.UniqueConstraint(fields=("environment", "blind"), name="token_text_once"),
                    models.UniqueConstraint(fields=("environment", "reuse_blind"), name="token_reused"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MutatorColumn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveSmallIntegerField()),
                (
                    "column",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="userstore.column",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "mutator",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="columns",
                        to="userstore.mutator",
                    ),
                ),
                (
                    "normalizer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="userstore.transformer",
                    ),
                ),
            ],
            options={
                "ordering": ["mutator", "ordinal"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "mutator", "column"), name="mutator_column_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="column",
            name="default_transformer",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="userstore.transformer",
            ),
        ),
        migrations.CreateModel(
            name="AccessorColumn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveSmallIntegerField()),
                (
                    "accessor",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="columns",
                        to="userstore.accessor",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "token_policy",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.accesspolicy",
                    ),
                ),
                (
                    "column",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="userstore.column",
                    ),
                ),
                (
                    "transformer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="userstore.transformer",
                    ),
                ),
            ],
            options={
                "ordering": ["accessor", "ordinal"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "accessor", "column"), name="accessor_column_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Value",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("ordinal", models.PositiveIntegerField(default=1)),
                ("sealed", models.BinaryField()),
                ("blind", models.BinaryField(null=True)),
                ("blind_version", models.PositiveIntegerField(default=1)),
                ("is_unique_key", models.BooleanField(default=False)),
                ("purposes", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("expires", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("state", models.PositiveSmallIntegerField(default=0)),
                ("retain_until", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "column",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="userstore.column",
                    ),
                ),
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
                        related_name="values",
                        to="userstore.subject",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["environment", "subject", "column", "ordinal"], name="value_of_subject"),
                    models.Index(fields=["environment", "column", "blind", "subject"], name="value_by_blind_index"),
                    models.Index(
                        condition=models.Q(("retain_until__isnull", False)),
                        fields=["environment", "retain_until"],
                        name="value_by_retention",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_unique_key", True), ("state", 0)),
                        fields=("environment", "column", "blind_version", "blind"),
                        name="value_unique_in_column",
                    ),
                    models.CheckConstraint(condition=models.Q(("state__in", [0, 1])), name="value_state_known"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purposes__len", models.F("expires__len")),
                            models.Q(("expires", []), ("purposes", [])),
                            _connector="OR",
                        ),
                        name="value_expiry_for_every_purpose",
                    ),
                ],
            },
        ),
    ]
