"""Values, consents and subjects carry no index or constraint that nothing asks: every row of an import pays for each.

Indexes of `environment_id`, `subject_id` and `column_id` alone repeat those that begin with the environment, which
every query names (row-level security does where nobody else does). A value is bound to its environment by its subject
and its column, a record of consent by its purpose: the foreign key of the environment alone says nothing more.
"""

from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT, RESTRICT


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0016_imports_pay_for_fewer_indexes"),
        ("userstore", "0012_files_are_imported"),
    ]

    operations = [
        migrations.AlterField(
            "consentrecord",
            "environment",
            models.ForeignKey("governance.environment", PROTECT, related_name="+", db_constraint=False, db_index=False),
        ),
        migrations.AlterField(
            "subject",
            "environment",
            models.ForeignKey("governance.environment", PROTECT, related_name="+", db_index=False),
        ),
        migrations.AlterField(
            "value",
            "column",
            models.ForeignKey("userstore.column", RESTRICT, related_name="+", db_constraint=False, db_index=False),
        ),
        migrations.AlterField(
            "value",
            "environment",
            models.ForeignKey("governance.environment", PROTECT, related_name="+", db_constraint=False, db_index=False),
        ),
        migrations.AlterField(
            "value",
            "subject",
            models.ForeignKey("userstore.subject", CASCADE, related_name="values", db_constraint=False, db_index=False),
        ),
    ]
