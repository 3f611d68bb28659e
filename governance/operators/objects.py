"""Objects of the graph as pages name them: by their alias where they have one, by their id where not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from governance.errors import Invalid
from governance.graph.aliases import blinds_to_look_for
from governance.models import GraphObject
from keyring.errors import KeyringError


@dataclass(frozen=True, slots=True)
class ShownObject:
    """One object in a list or on a path."""

    public_id: UUID
    alias: str
    type_name: str
    organization: str

    @property
    def label(self) -> str:
        """The alias, or the id where it has none."""
        return self.alias or str(self.public_id)


def shown_object(row: GraphObject) -> ShownObject:
    """Open the alias of an object; must run inside its environment."""
    return ShownObject(row.public_id, _alias(row), row.type.name, row.organization.name if row.organization else "")


def shown_objects(public_ids: Iterable[UUID]) -> dict[UUID, ShownObject]:
    """Return what objects are called, by id; must run inside the environment."""
    rows = GraphObject.objects.filter(public_id__in=set(public_ids)).select_related("type", "organization")
    return {row.public_id: shown_object(row) for row in rows}


def objects_meant(environment_id: UUID, text: str) -> list[GraphObject]:
    """Return the objects that an id or a whole alias means; must run inside the environment."""
    rows = GraphObject.objects.select_related("type", "organization").order_by("public_id")
    text = text.strip()
    found = list(rows.filter(alias_blind__in=blinds_to_look_for(environment_id, text))) if text else []
    try:
        return [*rows.filter(public_id=UUID(text)), *found]
    except ValueError:
        return found


def object_meant(environment_id: UUID, text: str, *, field: str) -> GraphObject:
    """Return the one object that is meant.

    Raises:
        Invalid: there is none, or there are several.
    """
    found = objects_meant(environment_id, text)
    if not found:
        raise Invalid(
            "There is no such object in this environment.", field=field, remedy="Write its whole alias, or its id."
        )
    if len(found) > 1:
        kinds = ", ".join(sorted({row.type.name for row in found}))
        raise Invalid(f"{len(found)} objects have this alias ({kinds}).", field=field, remedy="Write the id of one.")
    return found[0]


def _alias(row: GraphObject) -> str:
    try:
        return row.alias.reveal() if row.alias is not None else ""
    except KeyringError:
        return ""
