"""What rights can be given on: the environment, and whatever in it has operations of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from governance.actions.rights import operations_on
from governance.errors import NotFound
from governance.models import Environment
from governance.models.owned import OwnedByEnvironment


def governed_models() -> Iterator[type[models.Model]]:
    """Yield the kinds of objects that rights can name, whichever floor they live on."""
    yield Environment
    yield from (m for m in apps.get_models() if issubclass(m, OwnedByEnvironment) and operations_on(m))


def resource_choices(environment: Environment) -> list[tuple[str, Any]]:
    """List what a right can be given on in this environment, grouped by kind; must run inside it."""
    found: list[tuple[str, Any]] = [(_key(environment), f"the whole environment {environment.name}")]
    for model in governed_models():
        if model is not Environment:
            rows = [(_key(row), str(row)) for row in model._default_manager.all()]
            if rows:
                found.append((str(model._meta.verbose_name_plural), rows))
    return found


def resource_named(key: str) -> models.Model:
    """Return the object that a choice names; must run inside its environment.

    Raises:
        NotFound: nothing of that name lives here.
    """
    kind, _, pk = key.partition(":")
    for model in governed_models():
        if model._meta.model_name == kind:
            row = model._default_manager.filter(pk=UUID(pk) if model is Environment else int(pk)).first()
            if row is not None:
                return row
    raise NotFound("There is no such object in this environment.", field="resource")


def operation_choices() -> list[tuple[str, str]]:
    """List every operation that some kind of object has, with what it means."""
    found: dict[str, str] = {}
    for model in governed_models():
        for codename, meaning in model._meta.permissions:
            found.setdefault(codename, f"{codename}: {meaning}")
    return list(found.items())


def resource_label(content_type: str, object_pk: str) -> str:
    """Name what a stored right is on; must run inside its environment."""
    for model in governed_models():
        if model._meta.model_name == content_type:
            row = model._default_manager.filter(pk=object_pk).first()
            return f"{content_type} {row}" if row is not None else f"{content_type} {object_pk}, gone"
    return f"{content_type} {object_pk}"


def _key(row: models.Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"
