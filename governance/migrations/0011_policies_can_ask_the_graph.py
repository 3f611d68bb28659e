"""The native template CheckAttribute in environments that are there already; new ones get it with the others."""

from django.db import migrations

DEFINE = """
do $$
declare env uuid;
begin
    for env in select id from governance_environment loop
        perform set_config('sealbook.environment', env::text, true);
        insert into governance_policytemplate
            (environment_id, public_id, name, description, function, native, version, is_system, created_at)
        values (env, 'aad2bf25-311f-467e-9169-a6a89b6d34a6', 'CheckAttribute',
            'One object of the graph has an attribute on another; one of them may be the user.',
            '// native template CheckAttribute, evaluated by the server', 'CheckAttribute', 0, true, now())
        on conflict do nothing;
    end loop;
    perform set_config('sealbook.environment', '', true);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0010_walls_around_what_scripts_use")]

    operations = [migrations.RunSQL(DEFINE, migrations.RunSQL.noop)]
