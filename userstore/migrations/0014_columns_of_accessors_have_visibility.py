"""Columns of accessors are shown plain, masked or not at all, by group and client; a column without rules is shown as before."""

import django.db.models.deletion
from django.db import migrations, models

from keyring.walls import CompositeForeignKey, EnvironmentWall

LEVELS = ("plain", "masked", "none")


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("governance", "0016_imports_pay_for_fewer_indexes"),
        ("userstore", "0013_imports_pay_for_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            "accessorcolumn",
            "default_visibility",
            models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
        migrations.AddField(
            "accessorcolumn",
            "default_on_demand",
            models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
        migrations.AddField(
            "accessorcolumn",
            "mask",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="userstore.transformer",
            ),
        ),
        migrations.AddConstraint(
            "accessorcolumn",
            models.UniqueConstraint(fields=("environment", "id"), name="accessor_column_same_environment"),
        ),
        migrations.AddConstraint(
            "accessorcolumn",
            models.CheckConstraint(
                condition=models.Q(default_visibility="", default_on_demand="")
                | models.Q(default_visibility__in=LEVELS, default_on_demand__in=LEVELS),
                name="accessor_column_visibility_known",
            ),
        ),
        migrations.CreateModel(
            name="VisibilityRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.CharField(max_length=8)),
                ("on_demand", models.CharField(max_length=8)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.environment"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="governance.client",
                    ),
                ),
                (
                    "output",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visibility_rules",
                        to="userstore.accessorcolumn",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "output", "group"), name="visibility_rule_of_group_once"
                    ),
                    models.UniqueConstraint(
                        fields=("environment", "output", "client"), name="visibility_rule_of_client_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(level__in=LEVELS, on_demand__in=LEVELS), name="visibility_rule_level_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(group__isnull=False, client__isnull=True)
                        | models.Q(group__isnull=True, client__isnull=False),
                        name="visibility_rule_names_one",
                    ),
                ],
            },
        ),
        CompositeForeignKey("AccessorColumn", "mask_id", "userstore.Transformer"),
        EnvironmentWall("VisibilityRule"),
        CompositeForeignKey("VisibilityRule", "output_id", "userstore.AccessorColumn", on_delete="cascade"),
        CompositeForeignKey("VisibilityRule", "client_id", "governance.Client"),
    ]
