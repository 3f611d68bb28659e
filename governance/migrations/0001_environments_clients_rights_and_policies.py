"""Environments and what governs them: accounts, clients, rights, purposes, policies, freezes, revisions, signing keys."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import keyring.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("secret_id", models.UUIDField(help_text="Id of the sealed private key in the keyring.")),
                ("public_jwk", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("retires_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("username", models.CharField(max_length=150, unique=True)),
                ("kind", models.CharField(default="operator", max_length=16)),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["operator", "service"])), name="account_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "service"), _negated=True),
                            models.Q(("is_staff", False), ("is_superuser", False)),
                            _connector="OR",
                        ),
                        name="service_account_cannot_log_in",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.TextField(blank=True, default="")),
                ("kind", models.CharField(default="service", max_length=16)),
                ("disabled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="client", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "permissions": [("invoke", "May act through this client")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["service", "job"])), name="client_kind_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Environment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=64, unique=True)),
                ("description", models.TextField(blank=True, default="")),
                (
                    "is_protected",
                    models.BooleanField(
                        default=False, help_text="Configuration writes become drafts that a second person approves."
                    ),
                ),
                (
                    "is_synthetic",
                    models.BooleanField(
                        default=False, help_text="Holds invented people only, so pages may show what an accessor gives."
                    ),
                ),
                (
                    "epoch",
                    models.BigIntegerField(
                        default=1, editable=False, help_text="Grows with every change that can alter a decision."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["name"],
                "permissions": [
                    ("read", "May read values through accessors"),
                    ("write", "May write values through mutators"),
                    ("resolve", "May resolve, inspect and look up tokens"),
                    ("tokenize", "May create tokens from raw data"),
                    ("configure", "May change definitions, rights and freezes"),
                    ("audit", "May read the book"),
                    ("consent", "May record and withdraw consent"),
                    ("erase", "May erase subjects"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("epoch__gte", 1)), name="environment_epoch_positive")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClientSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=12)),
                ("digest", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="governance.client",
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
                "ordering": ["-created_at"],
                "constraints": [models.UniqueConstraint(fields=("environment", "digest"), name="client_secret_once")],
            },
        ),
        migrations.AddField(
            model_name="client",
            name="environment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
            ),
        ),
        migrations.CreateModel(
            name="AccessPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.TextField(blank=True, default="")),
                ("policy_type", models.CharField(default="composite_and", max_length=16)),
                ("required_context", models.JSONField(blank=True, default=dict)),
                ("thresholds", models.JSONField(blank=True, default=dict)),
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
                "verbose_name_plural": "access policies",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="access_policy_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="access_policy_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="access_policy_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("policy_type__in", ["composite_and", "composite_or"])),
                        name="access_policy_type_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Freeze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("kind", models.CharField(max_length=16)),
                (
                    "target_id",
                    models.UUIDField(help_text="Public id of what is frozen; the environment's own id for all of it."),
                ),
                ("reason", keyring.fields.SealedField(blank=True, null=True)),
                ("frozen_by", models.UUIDField(null=True)),
                ("frozen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lifted_by", models.UUIDField(null=True)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["-frozen_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="freeze_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="freeze_same_environment"),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("environment", "kind", "target_id"),
                        name="freeze_in_force_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupRight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_pk", models.CharField(max_length=255, verbose_name="object ID")),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("not_after", models.DateTimeField(blank=True, null=True)),
                (
                    "quota_per_hour",
                    models.PositiveIntegerField(blank=True, help_text="Calls per clock hour; empty: any.", null=True),
                ),
                ("is_deny", models.BooleanField(default=False)),
                (
                    "content_type",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="contenttypes.contenttype"),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["content_type", "object_pk"], name="governance__content_a8b774_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("not_before", None),
                            ("not_after", None),
                            ("not_after__gt", models.F("not_before")),
                            _connector="OR",
                        ),
                        name="group_right_window_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_deny", False), ("quota_per_hour", None), _connector="OR"),
                        name="group_right_deny_has_no_quota",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.TextField(blank=True, default="")),
                ("function", models.TextField()),
                ("native", models.CharField(blank=True, default="", editable=False, max_length=64)),
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
                    models.UniqueConstraint(fields=("environment", "public_id"), name="policy_template_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="policy_template_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"),
                        django.db.models.functions.text.Lower("name"),
                        name="policy_template_name_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyComponent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveSmallIntegerField()),
                ("parameters", models.JSONField(blank=True, default=dict)),
                (
                    "child",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="parents",
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
                    "policy",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="components",
                        to="governance.accesspolicy",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="uses",
                        to="governance.policytemplate",
                    ),
                ),
            ],
            options={
                "ordering": ["policy", "ordinal"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "policy", "ordinal"), name="policy_component_ordinal_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("child", None), ("template__isnull", False)),
                            models.Q(("child__isnull", False), ("template", None)),
                            _connector="OR",
                        ),
                        name="policy_component_is_child_or_template",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Purpose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("description", models.TextField(blank=True, default="")),
                (
                    "legal_basis",
                    models.CharField(
                        choices=[
                            ("consent", "Consent, 6(1)(a)"),
                            ("contract", "Contract, 6(1)(b)"),
                            ("legal_obligation", "Legal obligation, 6(1)(c)"),
                            ("vital_interests", "Vital interests, 6(1)(d)"),
                            ("public_task", "Public task, 6(1)(e)"),
                            ("legitimate_interests", "Legitimate interests, 6(1)(f)"),
                        ],
                        default="consent",
                        max_length=32,
                    ),
                ),
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
                    models.UniqueConstraint(fields=("environment", "public_id"), name="purpose_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="purpose_same_environment"),
                    models.UniqueConstraint(
                        models.F("environment"), django.db.models.functions.text.Lower("name"), name="purpose_name_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "legal_basis__in",
                                [
                                    "consent",
                                    "contract",
                                    "legal_obligation",
                                    "vital_interests",
                                    "public_task",
                                    "legitimate_interests",
                                ],
                            )
                        ),
                        name="purpose_legal_basis_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32)),
                ("public_id", models.UUIDField()),
                ("version", models.PositiveIntegerField()),
                ("body", models.JSONField()),
                ("published_by", models.UUIDField(null=True)),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "public_id", "version"],
                "indexes": [
                    models.Index(fields=["environment", "kind", "public_id", "version"], name="revision_of_definition")
                ],
            },
        ),
        migrations.CreateModel(
            name="Right",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_pk", models.CharField(max_length=255, verbose_name="object ID")),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("not_after", models.DateTimeField(blank=True, null=True)),
                (
                    "quota_per_hour",
                    models.PositiveIntegerField(blank=True, help_text="Calls per clock hour; empty: any.", null=True),
                ),
                ("is_deny", models.BooleanField(default=False)),
                (
                    "content_type",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="contenttypes.contenttype"),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["content_type", "object_pk"], name="governance__content_4be0d4_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("not_before", None),
                            ("not_after", None),
                            ("not_after__gt", models.F("not_before")),
                            _connector="OR",
                        ),
                        name="right_window_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_deny", False), ("quota_per_hour", None), _connector="OR"),
                        name="right_deny_has_no_quota",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(fields=("environment", "public_id"), name="client_public_id_once"),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(fields=("environment", "id"), name="client_same_environment"),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(fields=("environment", "name"), name="client_name_once"),
        ),
        migrations.AlterUniqueTogether(
            name="groupright",
            unique_together={("group", "permission", "object_pk")},
        ),
        migrations.AlterUniqueTogether(
            name="right",
            unique_together={("user", "permission", "object_pk")},
        ),
    ]
