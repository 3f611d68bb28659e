"""`drop-field`: named fields are not there any more, and not in the type either."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dataflow.functions.fields import MISSING, Fields, is_text, read_fields
from dataflow.functions.protocol import Answer, Failed, Joined, ParametersRefused, Secrets, Work
from dataflow.schemas.shapes import ANYTHING, BYTES, Anything, Choice, Many, Pair, Record, Shape, categories
from userstore.detecting.jsontext import Path, is_json, without
from userstore.detecting.registry import DETECTORS


@dataclass(frozen=True, slots=True)
class Dropping:
    """Takes fields out of objects, and out of raw records that are JSON."""

    name: str = "drop-field"
    says: str = "Takes the named `fields` out of objects; `categories` says which personal data was in them alone."
    operator: str = "map"

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the categories that its parameters say were in the fields alone: of a raw record nobody else knows."""
        told = parameters.get("categories", [])
        if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
            raise ParametersRefused(f"`categories` is a list, of {', '.join(DETECTORS)} or of tags of your types")
        return frozenset(told)

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:
        """Return the shape without the fields."""
        fields = _fields(parameters)
        fields.must_be_in(shape)
        _refuse_variants(shape, fields)
        told = _without(shape, fields.covers)
        left = sorted(self.removes(parameters) & categories(told))
        if left:
            raise ParametersRefused(f"`categories` says {left[0]}, and a field that stays is tagged with it")
        return told

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: Secrets) -> Work:  # noqa: ARG002  it needs no key
        """Return what takes the fields out of values of a shape."""
        fields = _fields(parameters)
        one = _raw(fields, is_bytes=shape == BYTES) if is_text(shape) else _objects(shape, fields)
        # Nobody but `categories` says what was in records without a type: a wrong name in `fields` lets nothing pass.
        must_be_there = bool(self.removes(parameters)) and (is_text(shape) or shape == ANYTHING)

        def checked(value: Any) -> Answer:
            fields.has_met = False
            told = one(value)
            return Failed(MISSING) if must_be_there and not fields.has_met and not isinstance(told, Failed) else told

        return lambda values: [checked(each) for each in values]

    def joined(self, parameters: Mapping[str, Any]) -> Joined | None:  # noqa: ARG002  the protocol's form
        """Return None: fields take a parser."""
        return None


def _fields(parameters: Mapping[str, Any]) -> Fields:
    unknown = sorted(parameters.keys() - {"fields", "categories"})
    if unknown:
        raise ParametersRefused(f"there is no parameter `{unknown[0][:40]}`; there are categories, fields")
    fields = read_fields(parameters.get("fields"))
    if not fields:
        raise ParametersRefused("`fields` names what to drop: [$.ssn, $..tax_id]")
    return fields


def _refuse_variants(shape: Shape, fields: Fields, path: Path = ()) -> None:
    """Raise `ParametersRefused` where a variant of an enum would be dropped: nothing could stand in its place."""
    match shape:
        case Record():
            for each in shape.fields:
                below = (*path, each.name)
                if not fields.covers(below):
                    _refuse_variants(each.shape, fields, below)
        case Many():
            _refuse_variants(shape.items, fields, path)
        case Choice():
            for name, inner in shape.variants:
                if fields.covers((*path, name)):
                    raise ParametersRefused(f"`fields` names a variant of {shape}, and these stay: mask it instead")
                _refuse_variants(inner or ANYTHING, fields, (*path, name))
        case Pair():
            _refuse_variants(shape.key, fields, path)
            _refuse_variants(shape.value, fields, path)


def _without(shape: Shape, covers: Callable[[Path], bool], path: Path = ()) -> Shape:
    match shape:
        case Record():
            kept = tuple(
                replace(each, shape=_without(each.shape, covers, (*path, each.name)))
                for each in shape.fields
                if not covers((*path, each.name))
            )
            return replace(shape, fields=kept, called=shape.called if len(kept) == len(shape.fields) else "")
        case Many():
            return replace(shape, items=_without(shape.items, covers, path))
        case Choice():
            variants = tuple((name, inner and _without(inner, covers, (*path, name))) for name, inner in shape.variants)
            return replace(shape, variants=variants)
        case Pair():
            return Pair(_without(shape.key, covers, path), _without(shape.value, covers, path))
        case _:
            return shape


def _raw(fields: Fields, *, is_bytes: bool) -> Callable[[Any], Answer]:
    def one(value: Any) -> Answer:
        try:
            text = value.decode() if is_bytes else value
        except UnicodeDecodeError:
            return Failed("it is no UTF-8")
        body = text.removeprefix("\ufeff")
        if not is_json(body):
            return Failed("it is no JSON, so its fields cannot be found")
        told = without(body, fields.covers)
        return told.encode() if is_bytes else told

    return one


def _objects(shape: Shape, fields: Fields) -> Callable[[Any], Answer]:
    def work(value: Any, inner: Shape, path: Path) -> Any:
        match inner:
            case Record():
                return (
                    {
                        each.name: work(value.get(each.name), each.shape, (*path, each.name))
                        for each in inner.fields
                        if not fields.covers((*path, each.name))
                    }
                    if value is not None
                    else None
                )
            case Many():
                return None if value is None else [work(each, inner.items, path) for each in value]
            case Choice() if isinstance(value, dict):
                variants = dict(inner.variants)
                return {name: work(told, variants[name] or inner, (*path, name)) for name, told in value.items()}
            case Pair():
                return work(value[0], inner.key, path), work(value[1], inner.value, path)
            case Anything():
                return _anything(value, fields, path)
            case _:
                return value

    def one(value: Any) -> Answer:
        try:
            return work(value, shape, ())
        except RecursionError:
            return Failed("it is nested too deeply")

    return one


def _anything(value: Any, fields: Fields, path: Path) -> Any:
    if isinstance(value, dict):
        return {
            key: _anything(inner, fields, (*path, key))
            for key, inner in value.items()
            if not fields.covers((*path, key))
        }
    if isinstance(value, list | tuple):
        return [_anything(each, fields, path) for each in value]
    return value


DROP_FIELD = Dropping()
