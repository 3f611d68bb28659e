"""Values that are one of some variants: outside by the names that they have there, or by nothing but their look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dataflow.schemas.shapes import Choice, Shape
from dataflow.schemas.unfit import Check, ValueUnfit, at_path


class Reader(Protocol):
    """Returns what reads a value of a shape."""

    def __call__(self, shape: Shape, *, outside: bool) -> Check: ...


def read_choice(shape: Choice, reader: Reader, *, outside: bool) -> Check:
    """Return what reads one of some variants."""
    named = {name: None if each is None else reader(each, outside=outside) for name, each in shape.variants}
    if not outside:
        return _chosen(named, {name: name for name in named})
    if not shape.is_tagged:
        return _first_that_fits(named)
    outer = dict(shape.names)
    names: dict[str, str] = {}
    for name in named:
        names.setdefault(outer.get(name, (name, name))[0], name)
    return _chosen(named, names)


def written_choice(shape: Choice, writer: Callable[[Shape], Check]) -> Check:
    """Return what writes one of some variants."""
    outer, is_tagged = dict(shape.names), shape.is_tagged
    named = {name: None if each is None else writer(each) for name, each in shape.variants}
    check = _chosen(named, {name: name for name in named})

    def write(value: Any, path: str) -> Any:
        told = check(value, path)
        if isinstance(told, str):
            return outer.get(told, (told, told))[1] if is_tagged else None
        ((name, inner),) = told.items()
        return {outer.get(name, (name, name))[1]: inner} if is_tagged else inner

    return write


def _chosen(named: Mapping[str, Check | None], names: Mapping[str, str]) -> Check:
    """Return what takes a variant by one of `names`, each with what the variant is called here."""

    def check(value: Any, path: str) -> Any:
        if isinstance(value, str) and value in names and named[names[value]] is None:
            return names[value]
        if isinstance(value, dict) and len(value) == 1:
            ((told, within),) = value.items()
            inner = named.get(names.get(told, ""))
            if inner is not None:
                return {names[told]: inner(within, f"{path}.{told}")}
        raise ValueUnfit(f"{at_path(path)} is none of {', '.join(names)}")

    return check


def _first_that_fits(named: Mapping[str, Check | None]) -> Check:
    def check(value: Any, path: str) -> Any:
        for name, inner in named.items():
            if inner is None:
                if value is None:
                    return name
                continue
            try:
                return {name: inner(value, path)}
            except ValueUnfit:
                continue
        raise ValueUnfit(f"{at_path(path)} is none of {', '.join(named)}")

    return check
