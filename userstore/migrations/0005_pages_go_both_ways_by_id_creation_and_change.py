"""Pages of everyone go up and down, by id, by creation and by the last change, each along an index.

A place is the pair of the order's moment and the id, and a page holds what lies behind its place: whoever is created,
changed or deleted between two pages moves nobody else from one page to another. Downwards by id the caller names the
highest id that it wants: no id is higher than the highest, so "below everything" would leave that one out.
"""

from importlib import import_module

from django.db import migrations, models

walls = import_module("userstore.migrations.0002_walls_and_the_read_functions")

WAYS = (
    ("id_down", "p.public_id <= after", "public_id desc"),
    ("created_up", "(p.created_at, p.public_id) > (moment, after)", "created_at, public_id"),
    ("created_down", "(p.created_at, p.public_id) < (moment, after)", "created_at desc, public_id desc"),
    ("updated_up", "(p.updated_at, p.public_id) > (moment, after)", "updated_at, public_id"),
    ("updated_down", "(p.updated_at, p.public_id) < (moment, after)", "updated_at desc, public_id desc"),
)
ARGUMENTS = "(uuid, timestamptz, uuid, int)"


def page(name: str, behind: str, order: str) -> str:
    qualified = ", ".join(f"s.{part}" for part in order.split(", "))
    return f"""
create function userstore_read_page_{name}(env uuid, moment timestamptz, after uuid, most int)
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
            where p.environment_id = env and {behind} and p.erased_at is null
            order by {order} limit most) s
        join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
    ) on s.environment_id = e.id
    where e.id = env order by {qualified};
    {walls.LEAVE}
end $$;
grant execute on function userstore_read_page_{name}{ARGUMENTS} to sealbook_app;
"""


class Migration(migrations.Migration):
    dependencies = [("userstore", "0004_a_page_is_read_in_two_statements")]

    operations = [
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(fields=["environment", "created_at", "public_id"], name="subject_by_creation"),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(fields=["environment", "updated_at", "public_id"], name="subject_by_last_change"),
        ),
        migrations.RunSQL(
            "".join(page(*way) for way in WAYS),
            "".join(f"drop function userstore_read_page_{name}{ARGUMENTS};" for name, _, _ in WAYS),
        ),
    ]
