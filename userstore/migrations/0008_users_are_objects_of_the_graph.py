"""Users that are there already become objects of the graph, as every new one does."""

from django.db import migrations

ENTER = """
do $$
declare env uuid;
begin
    for env in select id from governance_environment loop
        perform set_config('sealbook.environment', env::text, true);
        insert into governance_graphobject
            (id, environment_id, public_id, type_id, organization_id, alias_version, created_at, updated_at)
        select gen_random_uuid(), s.environment_id, s.public_id, t.id, o.id, 1, s.created_at, now()
        from userstore_subject s
        join governance_objecttype t on t.environment_id = s.environment_id
            and t.public_id = '1bf2b775-e521-41d3-8b7e-78e89427e6fe'
        left join governance_organization o on o.environment_id = s.environment_id and o.public_id = s.organization_id
        where s.environment_id = env and s.erased_at is null
        on conflict (environment_id, public_id) do nothing;
    end loop;
    perform set_config('sealbook.environment', '', true);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("userstore", "0007_values_end_and_holds_keep_them"),
        ("governance", "0008_walls_around_the_graph_and_its_checks"),
    ]

    operations = [migrations.RunSQL(ENTER, migrations.RunSQL.noop)]
