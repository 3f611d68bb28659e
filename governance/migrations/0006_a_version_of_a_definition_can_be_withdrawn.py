from __future__ import annotations

from django.db import migrations, models

WITHDRAW_DOUBLES = """
alter table governance_revision no force row level security;
update governance_revision older set withdrawn_at = now()
where exists (
  select 1 from governance_revision newer
  where newer.environment_id = older.environment_id and newer.kind = older.kind and newer.public_id = older.public_id
  and newer.version = older.version and newer.id > older.id
);
alter table governance_revision force row level security;
"""
"""A version that was published without a change was kept twice; the owner sees all environments only without force."""

ALLOW = "grant update (withdrawn_by, withdrawn_at) on governance_revision to sealbook_app;"
FORBID = "revoke update (withdrawn_by, withdrawn_at) on governance_revision from sealbook_app;"
"""What was published stays as it was, so the rest of a row cannot be updated."""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0005_services_have_values_sealed"),
    ]

    operations = [
        migrations.AddField("revision", "withdrawn_by", models.UUIDField(null=True)),
        migrations.AddField("revision", "withdrawn_at", models.DateTimeField(null=True)),
        migrations.RunSQL(WITHDRAW_DOUBLES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "revision",
            models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("environment", "kind", "public_id", "version"),
                name="revision_version_once",
            ),
        ),
        migrations.RunSQL(ALLOW, FORBID),
    ]
