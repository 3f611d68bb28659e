"""The SQL by which an entry is appended, as migration 0007 ran it."""

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
