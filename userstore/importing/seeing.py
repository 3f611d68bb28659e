"""Who sees which imports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.actions.change import environment_resource
from governance.actions.seeing import must_see_definitions
from governance.identities import SYSTEM, Caller
from governance.rights import effective_rights
from governance.standing import standing_of
from keyring.walls import in_environment
from userstore.errors import NotFound
from userstore.models import Import


def seen_imports(caller: Caller, *, now: datetime) -> QuerySet[Import]:
    """Return the imports that a caller sees, their own, and everybody's where they configure; to be read inside.

    Raises:
        Refused: the caller may do nothing in this environment; on record.
    """
    must_see_definitions(caller, now=now)
    return _seen_by(caller, now)


def import_of(caller: Caller, import_id: UUID, *, now: datetime) -> Import:
    """Return an import that the caller sees.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Refused: the caller may do nothing in this environment; on record.
    """
    must_see_definitions(caller, now=now)
    with in_environment(caller.environment_id):
        row = _seen_by(caller, now).filter(pk=import_id).first()
    if row is None:
        raise NotFound("There is no such import.")
    return row


def locked(row: Import) -> Import:
    """Return the row as it is now, locked until the transaction ends."""
    return Import.objects.select_for_update().get(pk=row.pk)


def _seen_by(caller: Caller, now: datetime) -> QuerySet[Import]:
    standing = standing_of(caller.environment_id)
    resource = environment_resource(standing.environment_id, standing.environment_name)
    verdict = effective_rights(standing=standing, caller=caller, operation="configure", resource=resource, now=now)
    if caller.kind == SYSTEM or (verdict.allowed and not verdict.denied_by):
        return Import.objects.all()
    return Import.objects.filter(by_kind=caller.kind, by_id=caller.id)
