"""Reads of governance that several doors share."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from audit.actors import Actor
from governance.models import Account, Client


def names_of_actors(actors: Iterable[Actor]) -> dict[UUID, str]:
    """Return what clients and operators of an environment are called now; must run inside it."""
    ids = {actor.id for actor in actors if actor.id is not None}
    named = dict(Client.objects.filter(public_id__in=ids).values_list("public_id", "name"))
    return {**named, **dict(Account.objects.filter(pk__in=ids).values_list("pk", "username"))}
