"""The SQL by which bodies of old months go and their leaves stay, as migration 0004 ran it."""

from __future__ import annotations

FORWARD = """
revoke all on audit_monthhold from public, sealbook_sealer, sealbook_auditor;
revoke delete on audit_monthhold from sealbook_app;
grant select on audit_monthhold to sealbook_sealer, sealbook_auditor;

-- The owner is walled, too: what it drops it has to compare with the tree first.
create policy owner_compares on audit_leaf for select to current_user using (true);

create function audit_drop_month(month date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  part text := 'audit_entry_' || to_char(month, 'YYYYMM');
  missing bigint;
begin
  if month <> date_trunc('month', month) or month + interval '2 months' > now() at time zone 'UTC' then
    raise exception 'only a month that has been over for a month can go' using errcode = 'check_violation';
  end if;
  perform pg_advisory_xact_lock(733101);
  -- A hold that is being placed is waited for; one that comes later finds the month gone.
  lock table public.audit_monthhold in share mode;
  if exists (select from public.audit_monthhold h where h.month = $1 and h.released_at is null) then
    raise exception 'a legal hold keeps this month' using errcode = 'check_violation';
  end if;
  if to_regclass('public.' || part) is null then
    return;
  end if;
  execute format('create policy owner_compares on public.%I for select to current_user using (true)', part);
  execute format('select count(*) from public.%I e '
                 'where not exists (select from public.audit_leaf l where l.entry_id = e.id)', part) into missing;
  if missing > 0 then
    raise exception '% entries of this month have no place in the tree', missing using errcode = 'check_violation';
  end if;
  execute format('alter table public.audit_entry detach partition public.%I', part);
  execute format('drop table public.%I', part);
end $$;
revoke all on function audit_drop_month(date) from public;
grant execute on function audit_drop_month(date) to sealbook_sealer;
"""

BACKWARD = """
drop function audit_drop_month(date);
drop policy owner_compares on audit_leaf;
"""
