"""Who can reach personal data of a category, and along which path: computed from what holds now.

A path is a right to read, of one's own or through a group, on the environment or on one accessor, or a temporary grant,
one's own or taken from somebody who handed it on; then an accessor with columns of the category: one statement finds
these. A denial cuts it, and so does a column that is never shown to its holder. Whoever may invoke a client reaches
what that client reaches, along the shortest chain. Whoever may have people read back a code on the phone reaches what
these are shown of themselves, and only with them: a path of its own kind. Consent, policies and freezes are decided per
call and per person: they are no part of it. Tokens open under their own policies and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from governance.breakglass.machines import ACTIVE
from governance.chains import chains_of
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore.models import Column
from userstore.reach_by_code import paths_by_code
from userstore.reach_paths import Identity, ReachedColumn, ReachPath

_STATEMENT = """
with shown as (
    select a.id, a.public_id, a.name, exists (
            select 1 from governance_reservedoperation o join django_content_type t on t.id = o.content_type_id
            where o.environment_id = %(environment)s and o.operation = 'read' and (
                t.model = 'environment' or (t.model = 'accessor' and o.object_pk = a.id::text))) as is_reserved,
        c.public_id as column_id, c.name as column_name, o.id as output,
        coalesce(o.transformer_id, c.default_transformer_id) as transformer_id,
        o.default_visibility = '' as is_open,
        o.default_visibility = 'none' or (o.default_visibility = 'masked' and o.mask_id is null) as hides,
        o.default_on_demand = 'none' or (o.default_on_demand = 'masked' and o.mask_id is null) as withholds, o.mask_id
    from userstore_accessor a
    join userstore_accessorcolumn o on o.environment_id = a.environment_id and o.accessor_id = a.id
    join userstore_column c on c.environment_id = a.environment_id and c.id = o.column_id
    where a.environment_id = %(environment)s and c.pii_category = %(category)s
), given as (
    select 'account-right-' || r.id as path, r.user_id as account, null::integer as group_id, null::text as group_name,
        t.model, r.object_pk, r.is_deny, r.not_before, r.not_after
    from governance_right r
    join auth_permission p on p.id = r.permission_id and p.codename = 'read'
    join django_content_type t on t.id = r.content_type_id
    where r.environment_id = %(environment)s
    union all
    select 'group-right-' || r.id, m.account_id, g.id, g.name,
        t.model, r.object_pk, r.is_deny, r.not_before, r.not_after
    from governance_groupright r
    join auth_permission p on p.id = r.permission_id and p.codename = 'read'
    join django_content_type t on t.id = r.content_type_id
    join auth_group g on g.id = r.group_id
    join governance_account_groups m on m.group_id = g.id
    where r.environment_id = %(environment)s
), suspended as (
    select w.holder_kind || '-right-' || w.right_pk as path
    from governance_reviewedright w
    join governance_rightsreview v on v.environment_id = w.environment_id and v.id = w.review_id
    join governance_rightsreviewplan p on p.environment_id = w.environment_id and p.on_overdue = 'suspend'
    where w.environment_id = %(environment)s and w.verdict = '' and v.closed_at is null and v.due_at <= %(now)s
), reached as (
    select g.path, g.account, g.group_name, g.model as given_on, g.is_deny, g.not_after, s.*
    from given g join shown s on g.model = 'environment' or (g.model = 'accessor' and g.object_pk = s.id::text)
    where (g.is_deny or g.path not in (select path from suspended))
        and (g.not_before is null or g.not_before <= %(now)s) and (g.not_after is null or g.not_after > %(now)s)
    union all
    select 'grant-' || g.id, g.grantee_id, null, 'grant', false, g.not_after, s.*
    from governance_grant g join shown s on s.public_id = g.accessor_id and s.column_id = any(g.columns)
    where g.environment_id = %(environment)s and g.state = %(active)s and g.not_before <= %(now)s
        and g.not_after > %(now)s
    union all
    select 'delegation-' || d.id, c.account_id, null, 'delegation', false, least(d.not_after, g.not_after), s.*
    from governance_delegation d
    join governance_grant g on g.environment_id = d.environment_id and g.id = d.grant_id
    join governance_client c on c.environment_id = d.environment_id and c.id = d.client_id
    join shown s on s.public_id = g.accessor_id and s.column_id = any(d.columns)
    where d.environment_id = %(environment)s and d.taken_at <= %(now)s and d.not_after > %(now)s and d.ended_at is null
        and g.state = %(active)s and g.not_before <= %(now)s and g.not_after > %(now)s
)
select
    coalesce(k.public_id, b.id), k.id is not null, coalesce(k.name, b.username), coalesce(k.kind, 'operator'),
    r.path, r.given_on, r.group_name, r.not_after, r.public_id, r.name, r.column_name, x.name
from reached r
join governance_account b on b.id = r.account and b.is_active
left join governance_client k on k.environment_id = %(environment)s and k.account_id = b.id
left join userstore_transformer x on x.environment_id = %(environment)s and x.id = r.transformer_id
where not r.is_deny and (k.id is not null or not r.is_reserved) and (k.id is null or k.disabled_at is null)
    and (b.kind = 'operator' or k.id is not null)
    and not exists (select 1 from reached d where d.is_deny and d.account = r.account and d.id = r.id)
    and (r.given_on = 'grant' or r.is_open or not coalesce((
        select bool_or(v.level = 'none' or (v.level = 'masked' and r.mask_id is null))
            and bool_or(v.on_demand = 'none' or (v.on_demand = 'masked' and r.mask_id is null))
        from userstore_visibilityrule v
        where v.environment_id = %(environment)s and v.output_id = r.output and (
            v.client_id = k.id or (k.id is null and v.group_id in (
                select m.group_id from governance_account_groups m where m.account_id = b.id))
        )), r.hides and r.withholds))
order by 2, 3, 1, r.path, r.name, r.column_name
"""


def identities_reaching(*, environment_id: UUID, category: str, now: datetime) -> list[Identity]:
    """Return who can read personal data of a category in an environment now: operators first, then clients, by name."""
    found = {each.id: each for each in _by_themselves(environment_id, category, now)}
    # What was handed on to a client is of use to itself alone.
    by_themselves = {
        each.id: tuple(path for path in each.paths if path.given_on != "delegation")
        for each in found.values()
        if each.is_client
    }
    standing = fresh_standing_of(environment_id)
    for client in standing.clients.values():
        for chain in chains_of(standing, client, now):
            paths = [path.through(chain) for path in by_themselves.get(chain.links[-1].public_id, ())]
            if paths:
                invoker = Identity(client.public_id, client.kind, client.name)
                found.setdefault(client.public_id, invoker).paths.extend(paths)
    for operator, paths in paths_by_code(standing, category, now).items():
        found.setdefault(operator.id, Identity(operator.id, operator.kind, operator.name)).paths.extend(paths)
    return sorted(found.values(), key=lambda each: (each.is_client, each.name, each.id))


def _by_themselves(environment_id: UUID, category: str, now: datetime) -> list[Identity]:
    asked: dict[str, Any] = {"environment": environment_id, "category": category, "now": now, "active": ACTIVE}
    with in_environment(environment_id), connection.cursor() as cursor:
        cursor.execute(_STATEMENT, asked)
        rows = cursor.fetchall()
    found = []
    for (identity_id, _, name, kind), those in groupby(rows, key=lambda row: row[:4]):
        paths = [_path(key, list(columns)) for key, columns in groupby(those, key=lambda row: row[4:10])]
        found.append(Identity(identity_id, kind, name, paths))
    return found


def categories(environment_id: UUID) -> Sequence[str]:
    """Return the categories that columns of an environment are tagged with."""
    with in_environment(environment_id):
        tagged = Column.objects.filter(is_system=False).order_by("pii_category")
        return list(tagged.values_list("pii_category", flat=True).distinct())


def _path(key: tuple[str, str, str | None, datetime | None, UUID, str], rows: list[tuple[object, ...]]) -> ReachPath:
    columns = tuple(ReachedColumn(str(row[10]), str(row[11]) if row[11] else None) for row in rows)
    return ReachPath(*key, columns)
