"""The SQL that guards the book, as migration 0001 ran it: later changes are new statements in new migrations.

Three locks, each sufficient: the application role holds INSERT on some columns and nothing else; row-level security
admits only its own environment; triggers on every physical table refuse change, whoever asks. PostgreSQL clones
neither rights, row security nor statement triggers to partitions, and drops cloned row triggers at DETACH: so each
partition carries its own.
"""

from __future__ import annotations

REFUSE = """
create function audit_refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;
revoke all on function audit_refuse() from public;
"""

GUARD = """
create function audit_guard(t regclass) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('revoke all on %s from public, sealbook_app, sealbook_sealer, sealbook_auditor', t);
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  execute format('create or replace trigger guard_rows before update or delete on %s '
                 'for each row execute function public.audit_refuse()', t);
  execute format('create or replace trigger guard_statements before update or delete or truncate on %s '
                 'for each statement execute function public.audit_refuse()', t);
  -- "always" holds under session_replication_role = replica, too
  execute format('alter table %s enable always trigger guard_rows', t);
  execute format('alter table %s enable always trigger guard_statements', t);
end $$;
revoke all on function audit_guard(regclass) from public;
"""

ENSURE_PARTITIONS = """
create function audit_ensure_partitions(months_ahead int) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare first_day date; name text;
begin
  if months_ahead is null or months_ahead not between 0 and 24 then
    raise exception 'months_ahead is a number from 0 to 24';
  end if;
  perform pg_advisory_xact_lock(733101);
  for month in 0..months_ahead loop
    first_day := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => month))::date;
    name := 'audit_entry_' || to_char(first_day, 'YYYYMM');
    continue when to_regclass('public.' || name) is not null;
    begin
      -- LIKE and ATTACH, not PARTITION OF: it does not wait for open inserts
      execute format('create table public.%I '
                     '(like public.audit_entry including defaults including constraints including storage)', name);
      perform public.audit_guard(('public.' || name)::regclass);
      execute format('alter table public.audit_entry attach partition public.%I for values from (%L) to (%L)', name,
                     first_day::timestamp at time zone 'UTC', (first_day + interval '1 month') at time zone 'UTC');
      return next name;
    exception when check_violation then
      -- Entries of this month lie in the default partition: it cannot be attached, the others still can.
      raise warning 'audit entries of % lie in the default partition', to_char(first_day, 'YYYY-MM');
    end;
  end loop;
end $$;
revoke all on function audit_ensure_partitions(int) from public;
grant execute on function audit_ensure_partitions(int) to sealbook_app;
"""

PARTITION_STATE = """
create function audit_partition_state(out months_ahead int, out rows_in_default bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare this_month timestamp := date_trunc('month', now() at time zone 'UTC');
begin
  months_ahead := -1;
  while exists (
    select from pg_inherits i
    where i.inhparent = 'public.audit_entry'::regclass and not i.inhdetachpending
      and i.inhrelid = to_regclass('public.audit_entry_' || to_char(
            this_month + make_interval(months => months_ahead + 1), 'YYYYMM'))
  ) loop
    months_ahead := months_ahead + 1;
  end loop;
  select count(*) into rows_in_default from (select from public.audit_entry_default limit 1000) found;
end $$;
revoke all on function audit_partition_state() from public;
grant execute on function audit_partition_state() to sealbook_app;
"""
"""`months_ahead` is -1 when even the running month has no partition; `rows_in_default` counts to 1000."""

PARENT = """
-- Handles and ids hardly compress: trying costs more than it saves. Partitions copy this.
alter table audit_entry alter column body set storage external;

create table audit_entry_default (like audit_entry including defaults including constraints including storage);
select audit_guard('audit_entry_default');
alter table audit_entry attach partition audit_entry_default default;
-- The owner is walled, too: without this policy it could neither count what lies in the default partition nor move it.
create policy owner_counts on audit_entry_default for select to current_user using (true);

alter table audit_entry enable row level security;
alter table audit_entry force row level security;
create trigger guard_statements before update or delete or truncate on audit_entry
  for each statement execute function audit_refuse();
alter table audit_entry enable always trigger guard_statements;

revoke all on audit_entry from public, sealbook_app, sealbook_sealer, sealbook_auditor;
-- neither xid nor recorded_at: the application cannot forge when something was written
grant insert (id, environment_id, kind, outcome, actor_kind, actor_id,
              decision_id, request_id, subject_count, subjects, body) on audit_entry to sealbook_app;
grant select on audit_entry to sealbook_sealer, sealbook_auditor;
create policy append_own on audit_entry for insert to sealbook_app
  with check (environment_id = (select nullif(current_setting('sealbook.environment', true), '')::uuid));
create policy read_all on audit_entry for select to sealbook_sealer, sealbook_auditor using (true);

select audit_ensure_partitions(3);
"""

APPEND = """
create function audit_append(
  environment uuid, entry_id uuid, kind text, outcome text, actor_kind text, actor_id uuid,
  decision_id uuid, request_id text, subject_count int, subjects text[], body text
) returns void language plpgsql as $$
#variable_conflict use_variable
declare present uuid := nullif(current_setting('sealbook.environment', true), '')::uuid;
begin
  if present is null then
    perform set_config('sealbook.environment', environment::text, true);
  elsif present <> environment then
    raise exception 'one transaction, one environment' using errcode = 'insufficient_privilege';
  end if;
  insert into public.audit_entry (id, environment_id, kind, outcome, actor_kind, actor_id,
                                  decision_id, request_id, subject_count, subjects, body)
  values (entry_id, environment, kind, outcome, actor_kind, actor_id,
          decision_id, request_id, subject_count, subjects, body);
  if present is null then
    -- an explicit transaction goes on: take the view away again
    perform set_config('sealbook.environment', '', true);
  end if;
end $$;
revoke all on function audit_append(uuid, uuid, text, text, text, uuid, uuid, text, int, text[], text) from public;
grant execute on function audit_append(uuid, uuid, text, text, text, uuid, uuid, text, int, text[], text)
  to sealbook_app;
"""
"""Runs with the caller's rights, so that row-level security and the column rights bind it."""

FORWARD = "\n".join((REFUSE, GUARD, ENSURE_PARTITIONS, PARENT, PARTITION_STATE, APPEND))

BACKWARD = """
drop function audit_append(uuid, uuid, text, text, text, uuid, uuid, text, int, text[], text);
drop function audit_partition_state();
drop function audit_ensure_partitions(int);
drop function audit_guard(regclass);
drop function audit_refuse() cascade;
"""
"""The table goes with its model afterwards, its partitions and policies with it."""
