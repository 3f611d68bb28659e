"""One place in a record, as in `$.customer.id`; `$` is the record itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from dataflow.functions.protocol import ParametersRefused
from dataflow.schemas.shapes import TEXT, Record, Shape
from userstore.detecting.jsontext import Path, decoded, encoded, is_json, rewritten

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


class NotThere(Exception):
    """A record has no texts at a place and something else instead; says why, and nothing of the record."""


_NO_TEXT = "what is there is no text"


class Spot(Protocol):
    """One place in records of one shape."""

    def texts(self, value: Any) -> list[str]:
        """Return the texts that are there, none where nothing is. Raises `NotThere`."""

    def exchanged(self, value: Any, told: Mapping[str, str]) -> Any:
        """Return a copy of a record with others in their place."""


@dataclass(frozen=True, slots=True)
class _OfObjects:
    place: tuple[str, ...]

    def texts(self, value: Any) -> list[str]:
        found = at(self.place, value)
        if found is None or found == "":
            return []
        return [_sound(found)]

    def exchanged(self, value: Any, told: Mapping[str, str]) -> Any:
        return put(self.place, value, told[at(self.place, value)])


@dataclass(frozen=True, slots=True)
class _OfJson:
    """In raw records, which are rewritten where they stand; in a list every text is at the list's own place."""

    place: tuple[str, ...]

    def texts(self, value: Any) -> list[str]:
        found: list[str] = []

        def look(piece: str, path: Path) -> str:
            if path == self.place and piece.startswith('"'):
                found.append(_sound(decoded(piece)))
            elif path[: len(self.place)] == self.place and piece != "null":
                raise NotThere(_NO_TEXT)
            return piece

        if not isinstance(value, str) or not is_json(value):
            raise NotThere("it is no JSON, so its fields cannot be found")
        rewritten(value, value=look, key=lambda piece, _: piece)
        return [each for each in found if each]

    def exchanged(self, value: Any, told: Mapping[str, str]) -> Any:
        def instead(piece: str, path: Path) -> str:
            text = decoded(piece) if path == self.place and piece.startswith('"') else ""
            return encoded(told[text]) if text else piece

        return rewritten(value, value=instead, key=lambda piece, _: piece)


def spot(shape: Shape, place: tuple[str, ...]) -> Spot:
    """Return a place in records of a shape; in texts it is one of the JSON that they are."""
    return _OfJson(place) if shape == TEXT and place else _OfObjects(place)


def is_declared(shape: Shape, place: tuple[str, ...]) -> bool:
    """Say whether the type of records has a field at a place."""
    for key in place:
        found = {each.name: each.shape for each in shape.fields} if isinstance(shape, Record) else {}
        if key not in found:
            return False
        shape = found[key]
    return bool(place)


def tagged(shape: Shape, place: tuple[str, ...], tag: Callable[[str], str]) -> Shape:
    """Return a shape with another tag at a place. Raises `ParametersRefused` where an object has no such field."""
    if not place or not isinstance(shape, Record):
        return shape
    key, *rest = place
    if key not in {each.name for each in shape.fields}:
        raise ParametersRefused(f"`field` names {key}, and {shape} has no such field")
    fields = tuple(
        each
        if each.name != key
        else replace(each, shape=tagged(each.shape, tuple(rest), tag))
        if rest
        else replace(each, pii=tag(each.pii))
        for each in shape.fields
    )
    return replace(shape, fields=fields)


def category_in(parameters: Mapping[str, Any]) -> str:
    """Return the category of personal data that parameters name, "" where they name none."""
    told = parameters.get("category", "")
    if not isinstance(told, str):
        raise ParametersRefused("`category` is a text")
    return told


def _sound(found: Any) -> str:
    if not isinstance(found, str) or (not found.isprintable() and _has_halves(found)):
        raise NotThere(_NO_TEXT)
    return found


def _has_halves(text: str) -> bool:
    """Say whether a text has halves of surrogates, which no other place takes."""
    return any("\ud800" <= each <= "\udfff" for each in text)
