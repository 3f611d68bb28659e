"""Which builds may run as a client. What the CI signed stays as it is: only its withdrawal is written beside it."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from keyring.walls import CompositeForeignKey, EnvironmentWall

KEPT = ("governance_cikey", "governance_trustedbuild", "governance_launcher")
KEEP = "".join(
    f"revoke update, delete on {table} from sealbook_app; grant update (withdrawn_at) on {table} to sealbook_app;"
    for table in KEPT
)
CHANGE = "".join(f"grant update, delete on {table} to sealbook_app;" for table in KEPT)


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0016_imports_pay_for_fewer_indexes"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="environment",
            options={
                "ordering": ["name"],
                "permissions": [
                    ("read", "May read values through accessors"),
                    ("write", "May write values through mutators"),
                    ("resolve", "May resolve, inspect and look up tokens"),
                    ("tokenize", "May create tokens from raw data"),
                    ("seal", "May have values sealed that it keeps itself"),
                    ("unseal", "May have values unsealed that a service keeps itself"),
                    ("configure", "May change definitions, rights and freezes"),
                    ("audit", "May read the book"),
                    ("consent", "May record and withdraw consent"),
                    ("erase", "May erase subjects"),
                    ("register", "May register builds that the CI signed"),
                ],
            },
        ),
        migrations.AddField(
            model_name="externalissuer",
            name="pinned_keys",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="CiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("builder_id", models.CharField(max_length=512)),
                (
                    "build_level",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="SLSA build level that this builder is trusted with."
                    ),
                ),
                ("public_key", models.TextField()),
                ("key_id", models.CharField(editable=False, max_length=64)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "verbose_name": "CI key",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="ci_key_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="ci_key_same_environment"),
                    models.UniqueConstraint(fields=("environment", "key_id"), name="ci_key_once"),
                    models.CheckConstraint(condition=models.Q(("build_level__lte", 3)), name="ci_key_level_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Launcher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                ("public_key", models.TextField()),
                ("key_id", models.CharField(editable=False, max_length=64)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="launchers",
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
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="launcher_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="launcher_same_environment"),
                    models.UniqueConstraint(fields=("environment", "client", "key_id"), name="launcher_key_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpentProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32)),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="governance.environment"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("environment", "digest"), name="spent_proof_once")]
            },
        ),
        migrations.CreateModel(
            name="TrustedBuild",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("digest", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=512)),
                ("builder_id", models.CharField(max_length=512)),
                ("build_type", models.CharField(max_length=512)),
                ("build_level", models.PositiveSmallIntegerField()),
                ("repository", models.CharField(max_length=512)),
                ("repository_id", models.CharField(blank=True, default="", max_length=128)),
                ("ref", models.CharField(blank=True, default="", max_length=512)),
                ("is_ref_protected", models.BooleanField(default=False)),
                ("commit", models.CharField(max_length=64)),
                ("built_at", models.DateTimeField()),
                ("envelope", models.TextField()),
                ("envelope_digest", models.CharField(editable=False, max_length=64)),
                ("verified_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="builds",
                        to="governance.cikey",
                    ),
                ),
            ],
            options={
                "ordering": ["-built_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="trusted_build_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="trusted_build_same_environment"),
                    models.UniqueConstraint(
                        fields=("environment", "digest", "envelope_digest"), name="trusted_build_once"
                    ),
                ],
                "indexes": [models.Index(fields=["environment", "commit"], name="trusted_build_commit")],
            },
        ),
        migrations.CreateModel(
            name="WorkloadPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("mode", models.CharField(default="audit", max_length=16)),
                (
                    "builders",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=512), blank=True, default=list, size=None
                    ),
                ),
                (
                    "repository_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=128), blank=True, default=list, size=None
                    ),
                ),
                ("needs_protected_ref", models.BooleanField(default=True)),
                ("least_build_level", models.PositiveSmallIntegerField(default=0)),
                ("max_age_hours", models.PositiveIntegerField(blank=True, null=True)),
                ("ci_issuer", models.CharField(blank=True, default="", max_length=512)),
                (
                    "ci_workflows",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=512), blank=True, default=list, size=None
                    ),
                ),
                (
                    "ci_environments",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=128), blank=True, default=list, size=None
                    ),
                ),
                (
                    "client",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="workload_policy",
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
                "verbose_name_plural": "workload policies",
                "ordering": ["client"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "public_id"), name="workload_policy_public_id_once"),
                    models.UniqueConstraint(fields=("environment", "id"), name="workload_policy_same_environment"),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["audit", "enforce"])), name="workload_policy_mode_known"
                    ),
                ],
            },
        ),
        *(EnvironmentWall(name) for name in ("CiKey", "TrustedBuild", "WorkloadPolicy", "Launcher", "SpentProof")),
        CompositeForeignKey("TrustedBuild", "key_id", "governance.CiKey"),
        CompositeForeignKey("WorkloadPolicy", "client_id", "governance.Client", on_delete="cascade"),
        CompositeForeignKey("Launcher", "client_id", "governance.Client", on_delete="cascade"),
        migrations.RunSQL(KEEP, CHANGE),
    ]
