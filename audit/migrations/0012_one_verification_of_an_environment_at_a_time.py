"""Of an environment one verification waits or runs; of those that did so together the last one stays."""

from __future__ import annotations

from django.db import migrations, models

_END_OLDER = """
alter table audit_verification no force row level security;
update audit_verification older set state = 'failed', ended_at = now()
where older.state in ('waiting', 'running') and exists (
  select from audit_verification newer
  where newer.environment_id = older.environment_id and newer.state in ('waiting', 'running')
    and (newer.asked_at, newer.id) > (older.asked_at, older.id)
);
alter table audit_verification force row level security;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0011_breaches_have_dossiers_and_days_digests"),
    ]

    operations = [
        migrations.RunSQL(_END_OLDER, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "Verification",
            models.UniqueConstraint(
                fields=["environment_id"],
                condition=models.Q(("state__in", ("waiting", "running"))),
                name="audit_verification_alone",
            ),
        ),
    ]
