"""Reads of governance that several doors share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from audit.actors import Actor
from governance.errors import NotFound
from governance.models import Account, Client, Revision


def names_of_actors(actors: Iterable[Actor]) -> dict[UUID, str]:
    """Return what clients and operators of an environment are called now; must run inside it."""
    ids = {actor.id for actor in actors if actor.id is not None}
    named = dict(Client.objects.filter(public_id__in=ids).values_list("public_id", "name"))
    return {**named, **dict(Account.objects.filter(pk__in=ids).values_list("pk", "username"))}


def names_of_ids(told: Iterable[object]) -> dict[str, str]:
    """Return what clients and operators are called now, by their id as text; what is no id is left out.

    Must run inside the environment.
    """
    ids = {found for found in map(_id, told) if found is not None}
    return {str(each): name for each, name in names_of_actors(Actor("operator", each) for each in ids).items()}


def _id(told: object) -> UUID | None:
    try:
        return told if isinstance(told, UUID) else UUID(str(told))
    except ValueError:
        return None


def versions_of(kind: str, public_id: UUID) -> QuerySet[Revision]:
    """Return the versions of a definition that are not withdrawn; must run inside the environment.

    The current version of what an environment is furnished with is none of them before it is changed.
    """
    return Revision.objects.filter(kind=kind, public_id=public_id, withdrawn_at=None)


def former_version(kind: str, public_id: UUID, version: int) -> Revision:
    """Return one version that is not withdrawn; must run inside the environment.

    Raises:
        NotFound: there is none of this number.
    """
    found = versions_of(kind, public_id).filter(version=version).first()
    if found is None:
        raise NotFound("There is no such version.", field="version")
    return found


def version_at(kind: str, public_id: UUID, version: int, moment: datetime) -> Revision | None:
    """Return a version as it was published when something was made under it, withdrawn since or not."""
    published = Revision.objects.filter(kind=kind, public_id=public_id, version=version, published_at__lte=moment)
    return published.order_by("-published_at", "-pk").first()
