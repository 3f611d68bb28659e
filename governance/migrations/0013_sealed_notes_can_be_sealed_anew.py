"""Notes of scripts stay as they were said; only their sealing is renewed, with the key of sealed texts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("governance", "0012_external_identities_call_as_clients")]

    operations = [
        migrations.RunSQL(
            "grant update (text) on governance_scriptnote to sealbook_app",
            "revoke update (text) on governance_scriptnote from sealbook_app",
        )
    ]
