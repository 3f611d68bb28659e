"""Selectors name columns: which of them name one, and how they follow when it is called otherwise."""

from __future__ import annotations

from governance.actions.change import Change
from userstore.actions.accessors import keep_accessor
from userstore.actions.mutators import keep_mutator
from userstore.errors import Invalid
from userstore.models import Accessor, Column, Mutator
from userstore.selectors import SelectorError, parse


def named_in_selectors(column: Column) -> set[str]:
    """Return the names of the accessors and mutators whose selector names a column, in whatever letter case."""
    return {
        name
        for model in (Accessor, Mutator)
        for name, selector in model._default_manager.values_list("name", "selector")
        if _names(selector, column.name)
    }


def rename_in_selectors(change: Change, *, old: str, new: str) -> list[str]:
    """Publish a new version of every accessor and mutator whose selector names a column that is renamed."""
    renamed = []
    for accessor in Accessor.objects.select_for_update().order_by("pk"):
        if _renamed(accessor, old, new):
            keep_accessor(change, accessor)
            renamed.append(accessor.name)
    for mutator in Mutator.objects.select_for_update().order_by("pk"):
        if _renamed(mutator, old, new):
            keep_mutator(change, mutator)
            renamed.append(mutator.name)
    return renamed


def _renamed(method: Accessor | Mutator, old: str, new: str) -> bool:
    if not _names(method.selector, old):
        return False
    try:
        method.selector = parse(method.selector).rename(old, new)
    except SelectorError as error:
        raise Invalid(
            f"The selector of {method.name} cannot name the column so: {error.message}.", field="name"
        ) from None
    method.version += 1
    method.save(update_fields=["selector", "version"])
    return True


def _names(selector: str, column: str) -> bool:
    try:
        return column.lower() in {name.lower() for name in parse(selector).columns}
    except SelectorError:
        return False
