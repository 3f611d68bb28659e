"""The SQL by which an entry is appended, as migrations 0007 and 0010 ran it."""

from __future__ import annotations

FORWARD = """
create or replace function audit_append(
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
          decision_id, request_id, subject_count, subjects,
          -- Keys are sorted, and this one is behind all others. recorded_at is the same time by its default.
          left(body, -1) || ',"written_at":"'
            || to_char(statement_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || 'Z"}');
  if present is null then
    -- an explicit transaction goes on: take the view away again
    perform set_config('sealbook.environment', '', true);
  end if;
end $$;
"""
"""The database's own time stands in the body from here on, so the leaf covers it: `recorded_at` is one more copy."""

QUICKER = """
create or replace function audit_append(
  environment uuid, entry_id uuid, kind text, outcome text, actor_kind text, actor_id uuid,
  decision_id uuid, request_id text, subject_count int, subjects text[], body text
) returns void language plpgsql as $$
#variable_conflict use_variable
declare
  present text := nullif(current_setting('sealbook.environment', true), '');
  ignored text;
begin
  if present is null then
    ignored := set_config('sealbook.environment', environment::text, true);
  elsif present::uuid <> environment then
    raise exception 'one transaction, one environment' using errcode = 'insufficient_privilege';
  end if;
  insert into public.audit_entry (id, environment_id, kind, outcome, actor_kind, actor_id,
                                  decision_id, request_id, subject_count, subjects, body)
  values (entry_id, environment, kind, outcome, actor_kind, actor_id,
          decision_id, request_id, subject_count, subjects,
          -- Bytes are cut off at once; characters would be counted from the beginning.
          convert_from(substr(convert_to(body, 'UTF8'), 1, octet_length(body) - 1), 'UTF8') || ',"written_at":"'
            || to_char(statement_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || 'Z"}');
  if present is null then
    -- an explicit transaction goes on: take the view away again
    ignored := set_config('sealbook.environment', '', true);
  end if;
end $$;
alter policy append_own on audit_entry
  with check (environment_id = nullif(current_setting('sealbook.environment', true), '')::uuid);
"""
"""Does the same: an assignment is evaluated where PERFORM runs a query, an expression where a policy plans one."""

SLOWER = (
    FORWARD
    + """
alter policy append_own on audit_entry
  with check (environment_id = (select nullif(current_setting('sealbook.environment', true), '')::uuid));
"""
)
