"""The read of a page fetches its subjects first, then the cells of all of them at once.

Gathering each subject's values into arrays took PostgreSQL twice as long as sending them row by row (measured: five
aggregates have a memory context each, for every subject), and joining them to their subjects sent the subject's own
columns, its wrapped key among them, once per value. The environment's epoch comes with both statements: a revocation
cannot fall between them unseen. A withdrawal that does is obeyed, since consent comes with the cells.
"""

from importlib import import_module

from django.db import migrations

walls = import_module("userstore.migrations.0002_walls_and_the_read_functions")

OLD_SIGNATURE = "userstore_read_page(uuid, uuid, int, bigint[], int2)"
OLD = walls.READ[walls.READ.index("create function userstore_read_page") : walls.READ.index("grant execute")]
OLD_GRANT = f"grant execute on function {OLD_SIGNATURE} to sealbook_app;"

PAGE, CELLS = "userstore_read_page(uuid, uuid, int)", "userstore_read_cells(uuid, bigint[], bigint[], int2)"
READ = f"""
create function userstore_read_page(env uuid, after uuid, most int)
returns table (epoch bigint, subject_pk bigint, subject uuid, key_id uuid, wrapped bytea, handle bytea,
    created_at timestamptz, updated_at timestamptz, organization_id uuid, version int)
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare before text := coalesce(current_setting('sealbook.environment', true), '');
begin
    {walls.ENTER}
    return query
    select e.epoch, s.id, s.public_id, s.key_id, k.wrapped, s.handle, s.created_at, s.updated_at, s.organization_id,
        s.version
    from governance_environment e
    left join (
        (select * from userstore_subject p
            where p.environment_id = env and p.public_id > after and p.erased_at is null
            order by p.public_id limit most) s
        join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
    ) on s.environment_id = e.id
    where e.id = env order by s.public_id;
    {walls.LEAVE}
end $$;

create function userstore_read_cells(env uuid, subjects bigint[], columns bigint[], wanted_state int2)
returns table (epoch bigint, subject_pk bigint, column_id bigint, value_id uuid, sealed bytea, purposes bigint[],
    expires bigint[])
language plpgsql set search_path = pg_catalog, public, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare before text := coalesce(current_setting('sealbook.environment', true), '');
begin
    {walls.ENTER}
    return query
    select e.epoch, v.subject_id, v.column_id, v.id, v.sealed, v.purposes, v.expires
    from governance_environment e
    left join userstore_value v on v.environment_id = e.id and v.subject_id = any(subjects)
        and v.column_id = any(columns) and v.state = wanted_state
    where e.id = env order by v.subject_id, v.column_id, v.ordinal;
    {walls.LEAVE}
end $$;

grant execute on function {PAGE} to sealbook_app;
grant execute on function {CELLS} to sealbook_app;
"""


class Migration(migrations.Migration):
    dependencies = [("userstore", "0003_plan_the_hot_read_once")]

    operations = [
        migrations.RunSQL(
            f"drop function {OLD_SIGNATURE};" + READ, f"drop function {PAGE}; drop function {CELLS};" + OLD + OLD_GRANT
        )
    ]
