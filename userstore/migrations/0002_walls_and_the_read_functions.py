"""Walls around the store, foreign keys that stay inside them, an append-only consent history, the hot read."""

from django.db import migrations

from keyring.walls import CompositeForeignKey, EnvironmentWall

WALLED = (
    "Column", "Transformer", "Subject", "Value", "ConsentRecord", "Accessor", "AccessorPurpose", "AccessorColumn",
    "Mutator", "MutatorPurpose", "MutatorColumn", "Token", "IdempotencyKey",
)  # fmt: skip

INSIDE = (
    ("Column", "access_policy_id", "governance.AccessPolicy", "restrict"),
    ("Column", "default_transformer_id", "userstore.Transformer", "restrict"),
    ("Column", "default_token_policy_id", "governance.AccessPolicy", "restrict"),
    ("Value", "subject_id", "userstore.Subject", "cascade"),
    ("Value", "column_id", "userstore.Column", "restrict"),
    ("ConsentRecord", "purpose_id", "governance.Purpose", "restrict"),
    ("Accessor", "access_policy_id", "governance.AccessPolicy", "restrict"),
    ("Accessor", "token_policy_id", "governance.AccessPolicy", "restrict"),
    ("AccessorPurpose", "accessor_id", "userstore.Accessor", "cascade"),
    ("AccessorPurpose", "purpose_id", "governance.Purpose", "restrict"),
    ("AccessorColumn", "accessor_id", "userstore.Accessor", "cascade"),
    ("AccessorColumn", "column_id", "userstore.Column", "restrict"),
    ("AccessorColumn", "transformer_id", "userstore.Transformer", "restrict"),
    ("AccessorColumn", "token_policy_id", "governance.AccessPolicy", "restrict"),
    ("Mutator", "access_policy_id", "governance.AccessPolicy", "restrict"),
    ("MutatorPurpose", "mutator_id", "userstore.Mutator", "cascade"),
    ("MutatorPurpose", "purpose_id", "governance.Purpose", "restrict"),
    ("MutatorColumn", "mutator_id", "userstore.Mutator", "cascade"),
    ("MutatorColumn", "column_id", "userstore.Column", "restrict"),
    ("MutatorColumn", "normalizer_id", "userstore.Transformer", "restrict"),
    ("Token", "transformer_id", "userstore.Transformer", "restrict"),
    ("Token", "access_policy_id", "governance.AccessPolicy", "restrict"),
    ("Token", "subject_id", "userstore.Subject", "cascade"),
)

KEEP_HISTORY = "revoke update, delete on userstore_consentrecord from sealbook_app;"
EDIT_HISTORY = "grant update, delete on userstore_consentrecord to sealbook_app;"

ROW = """epoch bigint, subject_pk bigint, subject uuid, key_id uuid, wrapped bytea, handle bytea, created_at timestamptz,
    updated_at timestamptz, organization_id uuid, version int, column_id bigint, value_id uuid, sealed bytea,
    purposes bigint[], expires bigint[]"""
PICKED = """e.epoch, s.id, s.public_id, s.key_id, k.wrapped, s.handle, s.created_at, s.updated_at, s.organization_id,
    s.version, v.column_id, v.id, v.sealed, v.purposes, v.expires"""
JOINED = """join keyring_wrappedkey k on k.environment_id = s.environment_id and k.id = s.key_id
    left join userstore_value v on v.environment_id = s.environment_id and v.subject_id = s.id
        and v.column_id = any(columns) and v.state = wanted_state"""
ENTER = """if before not in ('', env::text) then
        raise exception 'one transaction, one environment';
    end if;
    perform set_config('sealbook.environment', env::text, true);"""
LEAVE = "perform set_config('sealbook.environment', before, true);"
"""An outer transaction may go on: the function takes its view of the environment away with it."""

READ = f"""
create function userstore_read_subjects(env uuid, subjects uuid[], columns bigint[], wanted_state int2)
returns table ({ROW}) language plpgsql set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare before text := coalesce(current_setting('sealbook.environment', true), '');
begin
    {ENTER}
    return query select {PICKED} from governance_environment e
    left join (userstore_subject s {JOINED})
        on s.environment_id = e.id and s.public_id = any(subjects) and s.erased_at is null
    where e.id = env order by s.public_id, v.column_id, v.ordinal;
    {LEAVE}
end $$;

create function userstore_read_page(env uuid, after uuid, most int, columns bigint[], wanted_state int2)
returns table ({ROW}) language plpgsql set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare before text := coalesce(current_setting('sealbook.environment', true), '');
begin
    {ENTER}
    return query select {PICKED} from governance_environment e
    left join ((select * from userstore_subject p
                where p.environment_id = env and p.public_id > after and p.erased_at is null
                order by p.public_id limit most) s {JOINED})
        on s.environment_id = e.id
    where e.id = env order by s.public_id, v.column_id, v.ordinal;
    {LEAVE}
end $$;

grant execute on function userstore_read_subjects(uuid, uuid[], bigint[], int2) to sealbook_app;
grant execute on function userstore_read_page(uuid, uuid, int, bigint[], int2) to sealbook_app;
"""
NO_READ = """
drop function userstore_read_subjects(uuid, uuid[], bigint[], int2);
drop function userstore_read_page(uuid, uuid, int, bigint[], int2);
"""
"""The environment's epoch comes with the cells, also when there is no subject: a revocation cannot fall between."""


class Migration(migrations.Migration):
    dependencies = [
        ("userstore", "0001_columns_subjects_values_methods_and_tokens"),
        ("governance", "0002_walls_and_the_door"),
        ("keyring", "0001_environment_and_wrapped_keys"),
    ]

    operations = [
        *(EnvironmentWall(name) for name in WALLED),
        *(CompositeForeignKey(model, column, target, on_delete=rule) for model, column, target, rule in INSIDE),
        migrations.RunSQL(KEEP_HISTORY, EDIT_HISTORY),
        migrations.RunSQL(READ, NO_READ),
    ]
