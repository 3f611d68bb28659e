"""Walls around the secrets, hosts and notes of scripts. A note is never changed."""

from django.db import migrations

from keyring.walls import EnvironmentWall

KEEP_NOTES = "revoke update on governance_scriptnote from sealbook_app;"
EDIT_NOTES = "grant update on governance_scriptnote to sealbook_app;"


class Migration(migrations.Migration):
    dependencies = [("governance", "0009_scripts_have_secrets_and_hosts_they_may_ask")]

    operations = [
        *(EnvironmentWall(name) for name in ("PolicySecret", "ScriptHost", "ScriptNote")),
        migrations.RunSQL(KEEP_NOTES, EDIT_NOTES),
    ]
