"""Reading transformer parameters: declared names, declared types, nothing else.

A transformer declares its parameters as a frozen dataclass whose fields are made with `option`. The wire contract sends
parameters as a text: empty, a JSON object, or (two of the vendor's transformers) a JSON array of objects.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, field, fields
from functools import cache
from typing import Any, Generic, NoReturn, Protocol, TypeVar, cast, get_type_hints

from userstore.transforming.errors import ParameterRefused

LONGEST_PARAMETERS = 4096  # characters; the built-in ones need under 300

P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)

JSON_NAMES = {str: "a text", int: "an integer", bool: "true or false"}


def option(
    default: bool | int | str,
    description: str,
    *,
    choices: Sequence[str] = (),
    least: int | None = None,
    most: int | None = None,
) -> Any:
    """Declare one parameter: its default, its meaning and its bounds (for a text, `most` bounds the length)."""
    bounds = {"description": description, "choices": tuple(choices), "least": least, "most": most}
    return field(default=default, metadata=bounds)


@dataclass(frozen=True, slots=True)
class NoParameters:
    """The parameters of a transformer that takes none."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One parameter as a form or a document shows it."""

    name: str
    type: str
    default: bool | int | str
    description: str
    choices: tuple[str, ...]


class Schema(Protocol[P_co]):
    """What a transformer accepts as parameters."""

    @property
    def declared(self) -> tuple[Declared, ...]:
        """Every parameter there is, in order."""

    def read(self, raw: object) -> P_co:
        """Return the parameters, or raise ParameterRefused naming the first wrong one."""


@dataclass(frozen=True)
class RecordSchema(Generic[P]):
    """Parameters sent as one JSON object."""

    record: Callable[..., P]

    @property
    def declared(self) -> tuple[Declared, ...]:
        return _declared(self.record)

    def read(self, raw: object) -> P:
        return _read_record(self.record, {} if raw is None else raw, where="")


@dataclass(frozen=True)
class SequenceSchema(Generic[P]):
    """Parameters sent as a JSON array of objects, one per part of the value, as two of the vendor's transformers do."""

    whole: Callable[..., P]
    parts: tuple[Callable[..., Any], ...]

    @property
    def declared(self) -> tuple[Declared, ...]:
        return tuple(
            Declared(f"[{position}].{each.name}", each.type, each.default, each.description, each.choices)
            for position, part in enumerate(self.parts)
            for each in _declared(part)
        )

    def read(self, raw: object) -> P:
        if raw is None:
            return self.whole(*(part() for part in self.parts))
        if not isinstance(raw, list) or len(raw) != len(self.parts):
            raise ParameterRefused("parameters", f"must be a list of {len(self.parts)} objects")
        pairs = zip(self.parts, raw, strict=True)
        return self.whole(*(_read_record(part, each, where=f"[{i}].") for i, (part, each) in enumerate(pairs)))


def decode_parameters(raw: object) -> object:
    """Return the JSON value of a parameters text (None for an empty one); values that are not text pass through."""
    if not isinstance(raw, str):
        return raw
    if not raw.strip():
        return None
    if len(raw) > LONGEST_PARAMETERS:
        raise ParameterRefused("parameters", f"are longer than {LONGEST_PARAMETERS} characters")
    try:
        return json.loads(raw, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except ParameterRefused:
        raise
    except (ValueError, RecursionError):
        # `from None`: the decoder's message quotes nothing, but its `doc` attribute holds the whole text.
        raise ParameterRefused("parameters", "are not valid JSON") from None


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read: dict[str, object] = {}
    for name, value in pairs:
        if name in read:
            raise ParameterRefused(name, "is given twice")
        read[name] = value
    return read


def _refuse_constant(_constant: str) -> NoReturn:
    raise ValueError


def _read_record(record: Callable[..., P], raw: object, *, where: str) -> P:
    if not isinstance(raw, dict):
        raise ParameterRefused(where.rstrip(".") or "parameters", "must be a JSON object")
    known = _options(record)
    for name, value in raw.items():
        if name not in known:
            raise ParameterRefused(f"{where}{name}", "is unknown", remedy=f"Known: {', '.join(known) or 'none'}.")
        _check(f"{where}{name}", value, *known[name])
    return record(**raw)


def _check(name: str, value: object, expected: type, declared: Field[Any]) -> None:
    # `type() is`, not isinstance: in Python a boolean is an integer, in JSON it is not.
    if type(value) is not expected:
        raise ParameterRefused(name, f"must be {JSON_NAMES[expected]}")
    choices, least, most = (declared.metadata[key] for key in ("choices", "least", "most"))
    if choices and value not in choices:
        raise ParameterRefused(name, f"must be one of: {', '.join(choices)}")
    size = len(value) if isinstance(value, str) else value
    if isinstance(size, int) and ((least is not None and size < least) or (most is not None and size > most)):
        raise ParameterRefused(name, f"must be between {least or 0} and {most}", remedy="For a text: its length.")


@cache
def _options(record: Callable[..., Any]) -> dict[str, tuple[type, Field[Any]]]:
    hints = get_type_hints(record)
    return {each.name: (hints[each.name], each) for each in fields(record)}  # type: ignore[arg-type]  # a dataclass type


def _declared(record: Callable[..., Any]) -> tuple[Declared, ...]:
    return tuple(
        Declared(
            name,
            expected.__name__,
            cast("bool | int | str", each.default),
            each.metadata["description"],
            each.metadata["choices"],
        )
        for name, (expected, each) in _options(record).items()
    )
