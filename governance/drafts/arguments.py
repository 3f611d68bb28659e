"""The arguments of an action as JSON and back, led by the types that the action declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import models

from governance.errors import Invalid
from governance.models import Account, Client, Environment
from governance.models.owned import OwnedByEnvironment

NOT_DRAFTED = frozenset({"caller", "now"})
"""Parameters that are no part of what is asked for: who asks, and when it is done."""


def encoded(action: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Write the arguments of a call as JSON; `decoded` reads them."""
    known = parameters_of(action)
    return {name: _written(value) for name, value in arguments.items() if name in known}


def decoded(action: Callable[..., Any], written: object, *, environment_id: UUID) -> dict[str, Any]:
    """Read arguments as the action takes them; must run inside the environment.

    Raises:
        Invalid: an argument is missing, unknown or of another type; the field names it.
    """
    if not isinstance(written, Mapping):
        raise Invalid("The arguments are an object.", field="arguments")
    known = parameters_of(action)
    for name in written:
        if name not in known:
            raise Invalid("The action takes no such argument.", field="arguments", remedy=f"It takes {_list(known)}.")
    for name, parameter in known.items():
        if parameter.default is Parameter.empty and name not in written:
            raise Invalid("The action needs this argument.", field=f"arguments.{name}")
    hints = _hints(action)
    return {name: _read(value, hints[name], f"arguments.{name}", environment_id) for name, value in written.items()}


@cache
def parameters_of(action: Callable[..., Any]) -> Mapping[str, Parameter]:
    """Return what an action takes beside its caller and the moment."""
    return {name: p for name, p in signature(action).parameters.items() if name not in NOT_DRAFTED}


def shape_of_arguments(action: Callable[..., Any]) -> dict[str, Any]:
    """Describe the arguments of an action as a JSON schema."""
    hints, known = _hints(action), parameters_of(action)
    return {
        "type": "object",
        "properties": {name: _schema(hints[name]) for name in known},
        "required": [name for name, parameter in known.items() if parameter.default is Parameter.empty],
        "additionalProperties": False,
    }


@cache
def _hints(action: Callable[..., Any]) -> Mapping[str, Any]:
    return get_type_hints(action)


# --- Writing ---


_WRITTEN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (NoneType | bool | int | float, lambda value: value),
    (str | UUID, str),
    (datetime, datetime.isoformat),
    (timedelta, timedelta.total_seconds),
    (models.Model, lambda row: {"kind": row._meta.model_name, "id": str(getattr(row, "public_id", row.pk))}),
    (Mapping, lambda value: {str(key): _written(each) for key, each in value.items()}),
    (Sequence | Set, lambda value: [_written(each) for each in value]),
)
"""Type -> how its values are written as JSON; the first that fits."""


def _written(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _written(getattr(value, field.name)) for field in fields(value)}
    for expected, write in _WRITTEN:
        if isinstance(value, expected):
            return write(value)
    raise TypeError(f"a {type(value).__name__} cannot wait for a second person")


# --- Reading ---


def _read(value: Any, hint: Any, place: str, environment_id: UUID) -> Any:
    choices = _choices(hint)
    if value is None:
        if hint is Any or type(None) in choices:
            return None
        raise Invalid("This may not be null.", field=place)
    wanted = [choice for choice in choices if choice is not type(None)]
    if any(_is_model(choice) for choice in wanted):
        return _object_named(value, wanted, place, environment_id)
    if len(wanted) != 1:
        raise TypeError(f"{place} has a type that cannot be drafted: {hint}")
    return _read_one(value, wanted[0], place, environment_id)


def _read_one(value: Any, hint: Any, place: str, environment_id: UUID) -> Any:
    origin = get_origin(hint) or hint
    if hint is Any:
        return value
    if isinstance(origin, type) and is_dataclass(origin):
        return _object(value, origin, place, environment_id)
    if origin in (list, tuple, Sequence):
        return _list_of(value, get_args(hint)[0], place, environment_id, as_tuple=origin is tuple)
    if origin in (dict, Mapping):
        return _mapping(value, get_args(hint), place, environment_id)
    read = _PLAIN.get(origin)
    if read is None:
        raise TypeError(f"{place} has a type that cannot be drafted: {hint}")
    expected, said, make = read
    if not isinstance(value, expected) or (isinstance(value, bool) and origin is not bool):
        raise Invalid(f"This has to be {said}.", field=place)
    try:
        return make(value)
    except (ValueError, OverflowError):
        raise Invalid(f"This has to be {said}.", field=place) from None


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return found


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("PostgreSQL keeps no zero bytes")
    return text


_PLAIN: Mapping[Any, tuple[Any, str, Callable[[Any], Any]]] = {
    str: (str, "a text", _text),
    bool: (bool, "true or false", bool),
    int: (int, "a whole number", int),
    float: (int | float, "a number", float),
    UUID: (str, "a UUID", UUID),
    datetime: (str, "a moment with its time zone, such as 2030-01-31T12:00:00+00:00", _moment),
    timedelta: (int | float, "a number of seconds", lambda seconds: timedelta(seconds=seconds)),
}
"""Type -> what JSON has for it, how an error calls it, and how it is read."""


def _object(value: Any, wanted: Any, place: str, environment_id: UUID) -> Any:
    if not isinstance(value, Mapping):
        raise Invalid("This has to be an object.", field=place)
    hints, known = get_type_hints(wanted), {field.name: field for field in fields(wanted)}
    unknown = [name for name in value if name not in known]
    if unknown:
        raise Invalid("This has a key that nobody knows.", field=place, remedy=f"Known: {_list(known)}.")
    for name, field in known.items():
        if name not in value and field.default is MISSING and field.default_factory is MISSING:
            raise Invalid("This is needed.", field=f"{place}.{name}")
    read = {name: _read(each, hints[name], f"{place}.{name}", environment_id) for name, each in value.items()}
    return wanted(**read)


def _mapping(value: Any, hints: Sequence[Any], place: str, environment_id: UUID) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise Invalid("This has to be an object.", field=place)
    named, held = hints or (Any, Any)
    return {
        _read(name, named, place, environment_id): _read(each, held, f"{place}.{name}", environment_id)
        for name, each in value.items()
    }


def _list_of(value: Any, hint: Any, place: str, environment_id: UUID, *, as_tuple: bool) -> Any:
    if not isinstance(value, list):
        raise Invalid("This has to be an array.", field=place)
    read = [_read(each, hint, f"{place}.{number}", environment_id) for number, each in enumerate(value)]
    return tuple(read) if as_tuple else read


# --- Objects that arguments name ---


def _object_named(value: Any, wanted: Sequence[Any], place: str, environment_id: UUID) -> models.Model:
    """Find the row that `{kind, id}` means among the kinds that the action takes; none of another environment."""
    if not isinstance(value, Mapping) or not all(isinstance(value.get(key), str) for key in ("kind", "id")):
        raise Invalid("This names an object by its kind and its id.", field=place)
    kind, text = value["kind"], value["id"]
    found = None
    for model in _models(wanted):
        if model._meta.model_name == kind:
            found = _row(model, text, environment_id)
    if kind == "client" and found is None and Account in wanted:
        client = _row(Client, text, environment_id)
        found = client.account if isinstance(client, Client) else None
    if found is None:
        raise Invalid("There is no such object in this environment.", field=place)
    return found


def _models(wanted: Sequence[Any]) -> list[type[models.Model]]:
    if models.Model in wanted:  # whatever a right can be given on
        return [m for m in apps.get_models() if m is Environment or (issubclass(m, OwnedByEnvironment))]
    return list(wanted)


def _row(model: type[models.Model], text: str, environment_id: UUID) -> models.Model | None:
    rows = model._default_manager.all()
    if model is Environment:
        rows = rows.filter(pk=environment_id)
    if model is Account:
        inside = models.Q(kind=Account.OPERATOR) | models.Q(client__environment_id=environment_id)
        rows = rows.filter(inside)
    key = "public_id" if issubclass(model, OwnedByEnvironment) else "pk"
    try:
        wanted = text if model is Group or not _has_uuid(model, key) else UUID(text)
        return rows.filter(**{key: wanted if isinstance(wanted, UUID) else int(wanted[:18])}).first()
    except (ValueError, OverflowError):
        return None


def _has_uuid(model: type[models.Model], key: str) -> bool:
    field = model._meta.pk if key == "pk" else model._meta.get_field(key)
    return isinstance(field, models.UUIDField)


# --- Types ---


def _choices(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, models.Model)


def _list(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"


_SCHEMAS: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    timedelta: {"type": "number", "description": "Seconds."},
}


def _schema(hint: Any) -> dict[str, Any]:
    choices = _choices(hint)
    wanted = [choice for choice in choices if choice is not type(None)]
    if any(_is_model(choice) for choice in wanted):
        kinds = sorted(str(model._meta.model_name) for model in _models(wanted))
        properties = {"kind": {"type": "string", "enum": kinds}, "id": {"type": "string"}}
        return {"type": "object", "properties": properties, "required": ["kind", "id"]}
    found = _schema_of_one(wanted[0])
    return {**found, "nullable": True} if type(None) in choices else found


def _schema_of_one(hint: Any) -> dict[str, Any]:
    origin = get_origin(hint) or hint
    if isinstance(origin, type) and is_dataclass(origin):
        hints = get_type_hints(origin)
        needed = [f.name for f in fields(origin) if f.default is MISSING and f.default_factory is MISSING]
        return {
            "type": "object",
            "properties": {field.name: _schema(hints[field.name]) for field in fields(origin)},
            "required": needed,
        }
    if origin in (list, tuple, Sequence):
        return {"type": "array", "items": _schema(get_args(hint)[0])}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema((get_args(hint) or (Any, Any))[1])}
    return dict(_SCHEMAS.get(origin, {}))
