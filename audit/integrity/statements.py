"""The SQL that guards the tree, as migration 0003 ran it: later changes are new statements in new migrations."""

from __future__ import annotations

FORWARD = """
alter table audit_leaf alter column hash set storage plain;
alter table audit_tile alter column hashes set storage external;
alter table audit_signedcheckpoint add constraint audit_checkpoint_hash check (length(root) = 32 and size > 0);
alter table audit_leaf add constraint audit_leaf_hash check (length(hash) = 32);
alter table audit_tile add constraint audit_tile_hashes
  check (length(hashes) = 256 * 32 and level >= 0 and number >= 0);

do $$
declare t text;
begin
  foreach t in array array['audit_leaf', 'audit_tile', 'audit_signedcheckpoint', 'audit_cosignature'] loop
    perform audit_guard(t::regclass);
    execute format('grant select, insert on %I to sealbook_sealer', t);
    execute format('grant select on %I to sealbook_auditor', t);
    execute format('create policy read_all on %I for select to sealbook_sealer, sealbook_auditor using (true)', t);
    execute format('create policy sealer_adds on %I for insert to sealbook_sealer with check (true)', t);
  end loop;
end $$;

revoke all on audit_integration from public, sealbook_app, sealbook_sealer, sealbook_auditor;
grant select on audit_integration to sealbook_sealer, sealbook_auditor;
grant insert, update on audit_integration to sealbook_sealer;

create function audit_integration_state(
  out size bigint, out signed_at timestamptz, out turned_at timestamptz, out behind_since timestamptz,
  out trouble text, out witnessed_size bigint, out witnessed_at timestamptz, out witness_trouble text
) language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select c.size, c.made_at, i.turned_at, i.behind_since, i.trouble, i.witnessed_size, i.witnessed_at, i.witness_trouble
  from (select 1) always
  left join public.audit_integration i on true
  left join lateral (
    select s.size, s.made_at from public.audit_signedcheckpoint s order by s.size desc limit 1) c on true
$$;
revoke all on function audit_integration_state() from public;
grant execute on function audit_integration_state() to sealbook_app, sealbook_auditor;
create policy owner_tells on audit_signedcheckpoint for select to current_user using (true);
"""

BACKWARD = """
drop function audit_integration_state();
"""
