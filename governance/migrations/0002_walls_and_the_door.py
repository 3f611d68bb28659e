"""Walls around every definition, foreign keys that stay inside them, and the one look-up at the door."""

from django.db import migrations

from keyring.walls import CompositeForeignKey, EnvironmentWall

WALLED = (
    "Client", "ClientSecret", "Purpose", "PolicyTemplate", "AccessPolicy", "PolicyComponent", "Freeze", "Revision",
    "Right", "GroupRight",
)  # fmt: skip

DOOR = """
create policy doorman_reads on governance_client for select to sealbook_doorman using (true);
grant select (public_id, environment_id) on governance_client to sealbook_doorman;
create function governance_find_client(wanted uuid) returns table (environment_id uuid)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$ select c.environment_id from public.governance_client c where c.public_id = wanted limit 1 $$;
revoke all on function governance_find_client(uuid) from public;
grant execute on function governance_find_client(uuid) to sealbook_app;
grant create on schema public to sealbook_doorman;
alter function governance_find_client(uuid) owner to sealbook_doorman;
revoke create on schema public from sealbook_doorman;
"""
NO_DOOR = """
drop function governance_find_client(uuid);
revoke select (public_id, environment_id) on governance_client from sealbook_doorman;
drop policy doorman_reads on governance_client;
"""
"""Before a client is authenticated its environment is unknown; this function tells it and nothing else."""

KEEP_REVISIONS = "revoke update, delete on governance_revision from sealbook_app;"
EDIT_REVISIONS = "grant update, delete on governance_revision to sealbook_app;"

ONE_CLIENT_ID = "create unique index client_id_once_everywhere on governance_client (public_id);"
MANY_CLIENT_IDS = "drop index client_id_once_everywhere;"
"""A client id names one client of one environment: the door could not tell two apart."""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0001_environments_clients_rights_and_policies"),
        ("keyring", "0001_environment_and_wrapped_keys"),
    ]

    operations = [
        *(EnvironmentWall(name) for name in WALLED),
        CompositeForeignKey("ClientSecret", "client_id", "governance.Client", on_delete="cascade"),
        CompositeForeignKey("PolicyComponent", "policy_id", "governance.AccessPolicy", on_delete="cascade"),
        CompositeForeignKey("PolicyComponent", "child_id", "governance.AccessPolicy"),
        CompositeForeignKey("PolicyComponent", "template_id", "governance.PolicyTemplate"),
        migrations.RunSQL(DOOR, NO_DOOR),
        migrations.RunSQL(KEEP_REVISIONS, EDIT_REVISIONS),
        migrations.RunSQL(ONE_CLIENT_ID, MANY_CLIENT_IDS),
    ]
