"""Users as objects of the graph: whoever creates or deletes one has its object come and go in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from governance.actions.builtin import USER_TYPE
from governance.actions.graph import edges_of
from governance.errors import Conflict
from governance.models import GraphObject

_ENTER = """
insert into governance_graphobject
    (id, environment_id, public_id, type_id, organization_id, alias_version, created_at, updated_at)
select gen_random_uuid(), t.environment_id, u.id, t.id, o.id, 1, now(), now()
from unnest(%s::uuid[]) as u(id)
join governance_objecttype t on t.environment_id = %s and t.public_id = %s
left join governance_organization o on o.environment_id = t.environment_id and o.public_id = %s
on conflict (environment_id, public_id) do nothing
"""


def enter_users(environment_id: UUID, *, public_ids: Sequence[UUID], organization_id: UUID | None = None) -> None:
    """Make objects of type `_user` with these ids, where there are none yet; the caller holds the transaction.

    Raises:
        Conflict: an object of another type has one of the ids.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, [list(public_ids), environment_id, USER_TYPE, organization_id])
        if cursor.rowcount == len(public_ids):
            return
    others = GraphObject.objects.filter(public_id__in=public_ids).exclude(type__public_id=USER_TYPE)
    other = others.values_list("public_id", flat=True).first()
    if other is not None:
        raise Conflict("There is an object of another type with this id.", existing_id=other, field="id")


def remove_user(public_id: UUID) -> int:
    """Delete the object of a user with its edges and return how many those were; runs in the caller's transaction."""
    stored = GraphObject.objects.filter(public_id=public_id, type__public_id=USER_TYPE).first()
    if stored is None:
        return 0
    edges: int = edges_of(stored).count()
    stored.delete()
    return edges
