"""Entries of programs whose build somebody vouched for are found without looking at all the others.

Bodies are canonical JSON with sorted keys, so such a body begins with its build.
"""

from django.db import migrations

FORWARD = """
create index audit_entry_build on audit_entry (environment_id, recorded_at, id)
  where body like '{"actor":{"build":{%';
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_entries_can_only_be_added")]

    operations = [migrations.RunSQL(FORWARD, "drop index audit_entry_build")]
