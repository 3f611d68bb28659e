"""The read of a page gives one row for each subject, its values in parallel arrays.

Three values in three rows took a fifth longer on the way to the process, and half as long again to be loaded there
(measured). Purposes and their ends travel as the binary form of each value's array: PostgreSQL joins arrays of
different lengths to none.
"""

from importlib import import_module

from django.db import migrations

walls = import_module("userstore.migrations.0002_walls_and_the_read_functions")

SIGNATURE = "userstore_read_page(uuid, uuid, int, bigint[], int2)"
OLD = walls.READ[walls.READ.index("create function userstore_read_page") : walls.READ.index("grant execute")]
GRANT = f"grant execute on function {SIGNATURE} to sealbook_app;"
DROP = f"drop function {SIGNATURE};"

READ = f"""
create function userstore_read_page(env uuid, after uuid, most int, columns bigint[], wanted_state int2)
returns table (epoch bigint, subject_pk bigint, subject uuid, key_id uuid, wrapped bytea, handle bytea,
    created_at timestamptz, updated_at timestamptz, organization_id uuid, version int, column_ids bigint[],
    value_ids uuid[], sealed bytea[], purposes bytea[], expires bytea[])
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare before text := coalesce(current_setting('sealbook.environment', true), '');
begin
    {walls.ENTER}
    return query
    select e.epoch, s.id, s.public_id, s.key_id, k.wrapped, s.handle, s.created_at, s.updated_at, s.organization_id,
        s.version, held.column_ids, held.value_ids, held.sealed, held.purposes, held.expires
    from governance_environment e
    left join (
        (select * from userstore_subject p
            where p.environment_id = env and p.public_id > after and p.erased_at is null
            order by p.public_id limit most) s
        join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
        cross join lateral (
            select array_agg(v.column_id) as column_ids, array_agg(v.id) as value_ids, array_agg(v.sealed) as sealed,
                array_agg(array_send(v.purposes)) as purposes, array_agg(array_send(v.expires)) as expires
            from (select * from userstore_value
                where environment_id = s.environment_id and subject_id = s.id
                    and column_id = any(columns) and state = wanted_state
                order by column_id, ordinal) v
        ) held
    ) on s.environment_id = e.id
    where e.id = env order by s.public_id;
    {walls.LEAVE}
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("userstore", "0003_plan_the_hot_read_once")]

    operations = [migrations.RunSQL(DROP + READ + GRANT, DROP + OLD + GRANT)]
