"""One place in a record, as in `$.customer.id`; `$` is the record itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dataflow.functions.protocol import ParametersRefused

_IS_PLACE = re.compile(r"\$(?:\.[^.\[\]\s]{1,256})*")


def place_in(parameters: Mapping[str, Any], name: str, otherwise: str = "") -> tuple[str, ...]:
    """Return the keys that lead to the place that a parameter names. Raises `ParametersRefused`."""
    told = parameters.get(name, otherwise)
    if not isinstance(told, str) or not _IS_PLACE.fullmatch(told):
        raise ParametersRefused(f"`{name}` names a place in a record, as in $.customer.id")
    return tuple(told.split(".")[1:])


def at(place: tuple[str, ...], value: Any) -> Any:
    """Return what lies at a place, None where nothing does."""
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def put(place: tuple[str, ...], value: Any, new: Any) -> Any:
    """Return a copy of a record with something else at a place."""
    if not place:
        return new
    key, *rest = place
    return value | {key: put(tuple(rest), value[key], new)}
