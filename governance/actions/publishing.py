"""What the actions of all definitions have in common: taken names and ids, versions that went on, uses in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from governance.errors import Conflict, Invalid, Unavailable
from governance.models import AccessPolicy, PolicyTemplate
from governance.models.owned import OwnedByEnvironment
from governance.policies.hosting import offered
from governance.policies.sandbox import Function, ScriptRefused, ScriptUnavailable, check_script

D = TypeVar("D", bound=OwnedByEnvironment)


def refuse_existing(model: type[D], *, name: str, public_id: UUID | None, is_same: Callable[[D], bool]) -> None:
    """Refuse a new definition whose name, whatever its case, or id another one has; must run inside the environment.

    Args:
        is_same: whether that other one is what was asked for, its name apart; a caller may take it instead then.
    """
    manager: Any = model._default_manager
    found = manager.filter(name__iexact=name).first()
    if found is None and public_id is not None:
        found = manager.filter(public_id=public_id).first()
    if found is not None:
        kind = str(model._meta.verbose_name)
        raise Conflict(
            f"There is {'an' if kind[0] in 'aeiou' else 'a'} {kind} named {found.name}.",
            existing_id=found.public_id,
            identical=found.name == name and is_same(found),
            field="name",
        )


def refuse_taken_name(model: type[OwnedByEnvironment], *, name: str, public_id: UUID) -> None:
    """Refuse a name that another definition of the kind has."""
    manager: Any = model._default_manager
    other = manager.filter(name__iexact=name).exclude(public_id=public_id).first()
    if other is not None:
        raise Conflict(
            f"There is another {model._meta.verbose_name} named {other.name}.",
            existing_id=other.public_id,
            field="name",
        )


def refuse_in_use(what: str, uses: Sequence[str], *, public_id: UUID, remedy: str = "Change them first.") -> None:
    """Refuse to retire what is still in use, naming some of the uses."""
    if uses:
        raise Conflict(f"The {what} is used by {', '.join(uses[:5])}.", existing_id=public_id, remedy=remedy)


def must_be_script(text: str, *, function: Function) -> None:
    """Refuse a text that cannot be published as a script of a kind; the error's position is the line.

    Raises:
        Invalid: it breaks a rule of scripts.
        Unavailable: no sandbox is free to examine it.
    """
    try:
        check_script(text, function=function, host_calls=offered(text, function))
    except ScriptRefused as refused:
        raise Invalid(
            str(refused), field="function", position=refused.line, remedy="The position is the line of the script."
        ) from None
    except ScriptUnavailable:
        raise Unavailable("No sandbox is free to examine the script.", remedy="Try again shortly.") from None


def must_be_editable(definition: PolicyTemplate | AccessPolicy, version: int) -> None:
    """Refuse built-in definitions, and a version that somebody has published past."""
    if definition.is_system:
        raise Invalid("A built-in definition cannot be changed.", field="id")
    must_be_current(version, current=definition.version)


def must_be_current(version: int, *, current: int) -> None:
    """Refuse a change that was made from a version somebody has published past."""
    if version != current:
        raise Invalid(
            f"Version {version} is not the current one, {current}.",
            field="version",
            remedy="Read it again, then change it.",
        )
