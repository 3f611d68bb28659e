"""What all versioned definitions of governance have in common when they are published again."""

from __future__ import annotations

from uuid import UUID

from governance.errors import Conflict, Invalid
from governance.models import AccessPolicy, PolicyTemplate


def must_be_editable(definition: PolicyTemplate | AccessPolicy, version: int) -> None:
    """Refuse built-in definitions, and a version that somebody has published past."""
    if definition.is_system:
        raise Invalid("A built-in definition cannot be changed.", field="id")
    if definition.version != version:
        raise Invalid(
            f"Version {version} is not the current one, {definition.version}.",
            field="version",
            remedy="Read it again, then change it.",
        )


def refuse_taken_name(model: type[PolicyTemplate] | type[AccessPolicy], name: str, public_id: UUID) -> None:
    """Refuse a name that another definition of the kind has."""
    other = model._default_manager.filter(name__iexact=name).exclude(public_id=public_id).first()
    if other is not None:
        raise Conflict(f"The name {name} is taken.", existing_id=other.public_id, field="name")
