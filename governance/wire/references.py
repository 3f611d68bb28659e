"""References of the wire contract: `{id, name}`, either is enough, both given must mean the same object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from governance.errors import Invalid
from governance.wire.fields import Fields

M = TypeVar("M", bound=models.Model)

NOTHING: dict[str, str] = {"id": str(UUID(int=0)), "name": ""}
"""How the contract writes a reference to nothing; sent back it means nothing again."""


def reference_to(row: Any | None) -> dict[str, str]:
    """Write a reference to a definition, or to nothing."""
    return NOTHING if row is None else {"id": str(row.public_id), "name": row.name}


def referents(model: type[M], named: Iterable[str | None]) -> dict[str | None, M]:
    """Return what a former version names, by id; what is gone stands there under its id, without a name.

    Must run inside the environment.
    """
    wanted = {text for text in named if text is not None}
    manager: Any = model._default_manager
    found: dict[str | None, M] = {str(row.public_id): row for row in manager.filter(public_id__in=wanted)}
    for text in wanted - set(found):
        found[text] = model(public_id=UUID(text), name="")
    return found


def referred(fields: Fields, name: str, model: type[M]) -> UUID:
    """Return the public id of the definition that a field refers to; must run inside the environment.

    Raises:
        Invalid: nothing is named, nothing of that id or name exists, or id and name mean two objects.
    """
    found = optionally_referred(fields, name, model)
    if found is None:
        raise Invalid(f"{fields.path(name)} is required: an object with id or name.", field=fields.path(name))
    return found


def optionally_referred(fields: Fields, name: str, model: type[M]) -> UUID | None:
    """The same where a field may name nothing: absent, null and the zero id are None."""
    if fields.raw(name) is None:
        return None
    return named_by(fields.nested(name), model)


def kept_reference(fields: Fields, name: str, model: type[M], stored: UUID | None) -> UUID | None:
    """The same where an absent key keeps what is stored."""
    return optionally_referred(fields, name, model) if fields.has(name) else stored


def referred_list(fields: Fields, name: str, model: type[M]) -> tuple[UUID, ...]:
    """Return the public ids that an array of references names."""
    return tuple(required_by(each, model) for each in fields.nested_list(name))


def required_by(reference: Fields, model: type[M]) -> UUID:
    """Return the public id that a reference names, which must be one."""
    found = named_by(reference, model)
    if found is None:
        raise Invalid("A reference needs an id or a name.", field=reference.path("id"))
    return found


def named_by(reference: Fields, model: type[M]) -> UUID | None:
    """Return the public id that a reference object names, None where it names nothing."""
    public_id, wanted = reference.optional_id("id"), reference.text("name", "")
    if public_id is None and not wanted:
        return None
    manager: Any = model._default_manager
    found = manager.filter(public_id=public_id) if public_id else manager.filter(name__iexact=wanted)
    row = found.first()
    kind = model._meta.verbose_name
    if row is None:
        raise Invalid(
            f"There is no such {kind} in this environment.", field=reference.path("id" if public_id else "name")
        )
    if wanted and row.name.lower() != wanted.lower():
        raise Invalid(f"Id and name mean two different objects of the kind {kind}.", field=reference.path("name"))
    identity: UUID = row.public_id
    return identity
