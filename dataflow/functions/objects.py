"""Personal data in values of a shape replaced: every text in them, the fields that are named, those that are tagged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dataflow.functions.texts import Texts
from dataflow.schemas.shapes import ANYTHING, Anything, Choice, Field, Many, Pair, Primitive, Record, Shape
from userstore.detecting.jsontext import Path

_BLANK: Mapping[str, Any] = {"string": "", "bytes": b"", "bool": False, "f32": 0.0, "f64": 0.0}
"""Primitive values that say nothing; numbers without a fraction are 0."""


def is_tagged(each: Field, categories: frozenset[str] | None) -> bool:
    """Say whether a field is tagged with one of the categories; None stands for every category."""
    return _is_one_of(each.pii, categories)


def _is_one_of(tag: str, categories: frozenset[str] | None) -> bool:
    return bool(tag) and (categories is None or tag in categories)


@dataclass(frozen=True, slots=True)
class Objects:
    """Walks values. `categories` are those whose tagged fields are replaced whatever they look like."""

    texts: Texts
    categories: frozenset[str] | None

    def work(self, value: Any, shape: Shape, path: Path = ()) -> Any:
        """Return a value of a shape with what is to be replaced in it replaced. Raises `TextUnfit`."""
        if value is None:
            return None
        if self.texts.fields and self.texts.fields.covers(path):
            return self._hidden(value, shape, "")
        if isinstance(shape, Primitive | Anything):
            return self._primitive(value, path) if isinstance(shape, Primitive) else self._anything(value, path)
        return self._composed(value, shape, path)

    def _composed(self, value: Any, shape: Record | Many | Choice | Pair, path: Path) -> Any:
        match shape:
            case Record():
                return {each.name: self._field(value.get(each.name), each, path) for each in shape.fields}
            case Many():
                return [self.work(each, shape.items, path) for each in value]
            case Choice():
                return self._chosen(value, shape, path)
            case Pair():
                return self.work(value[0], shape.key, path), self.work(value[1], shape.value, path)

    def _field(self, value: Any, each: Field, path: Path) -> Any:
        if value is not None and is_tagged(each, self.categories):
            return self._hidden(value, each.shape, each.pii)
        return self.work(value, each.shape, (*path, each.name))

    def _chosen(self, value: Any, shape: Choice, path: Path) -> Any:
        if isinstance(value, str):
            return value
        ((name, told),) = value.items()
        inner, tag = dict(shape.variants)[name] or ANYTHING, dict(shape.pii).get(name, "")
        if told is not None and _is_one_of(tag, self.categories):
            return {name: self._hidden(told, inner, tag)}
        return {name: self.work(told, inner, (*path, name))}

    def _primitive(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return self.texts.leaf(value, path)
        if isinstance(value, bytes):
            return self._bytes(value, path)
        return type(value)(0) if self._is_found(value) else value

    def _bytes(self, value: bytes, path: Path) -> bytes:
        for encoding in ("utf-8", "utf-16"):
            try:
                text = value.decode(encoding)
            except UnicodeDecodeError:
                continue
            told = self.texts.leaf(text, path)
            if told != text:
                return told.encode(encoding)
        return self.texts.packed(value, path)

    def _is_found(self, value: Any) -> bool:
        return isinstance(value, int | float) and self.texts.number(repr(value)) is not None

    def _anything(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return self._mapping(value, path)
        if isinstance(value, list | tuple):
            return [self.work(each, ANYTHING, path) for each in value]
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            told = self.texts.number(repr(value))
            return value if told is None else told
        return self._primitive(value, path)

    def _mapping(self, value: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """Return an object without names in its keys; two that become alike are numbered, so that none is lost."""
        told: dict[str, Any] = {}
        for key, inner in value.items():
            name = self.texts.leaf(key) if self.texts.reads_keys else key
            number = 2
            while name in told:
                name, number = f"{name}#{number}", number + 1
            told[name] = self.work(inner, ANYTHING, (*path, key))
        return told

    def _hidden(self, value: Any, shape: Shape, category: str) -> Any:
        """Return what stands in the place of a whole value: of its shape, so that its topic still takes it."""
        match shape:
            case Record() if value is not None:
                return {each.name: self._hidden(value.get(each.name), each.shape, category) for each in shape.fields}
            case Many() if value is not None:
                return [self._hidden(each, shape.items, category) for each in value]
            case Choice() if value is not None:
                return self._hidden_variant(value, shape, category)
            case Pair() if value is not None:
                return tuple(
                    self._hidden(*each, category) for each in zip(value, (shape.key, shape.value), strict=True)
                )
            case _:
                hide = self._hidden_primitive if isinstance(shape, Primitive) else self._hidden_anything
                return None if value is None else hide(value, category)

    def _hidden_variant(self, value: Any, shape: Choice, category: str) -> Any:
        """Return the same variant for every value where there are several: which one it was tells something as well."""
        bare = next((name for name, inner in shape.variants if inner is None), None)
        if bare is not None:
            return bare
        name, inner = shape.variants[0]
        told = value[name] if len(shape.variants) == 1 else self._blank(inner or ANYTHING, category)
        return {name: self._hidden(told, inner or ANYTHING, category)}

    def _blank(self, shape: Shape, category: str) -> Any:
        """Return a value of a shape that says nothing."""
        match shape:
            case Record():
                return {each.name: self._blank(each.shape, category) for each in shape.fields}
            case Many():
                return []
            case Choice():
                name, inner = shape.variants[0]
                return name if inner is None else {name: self._blank(inner, category)}
            case Pair():
                return self._blank(shape.key, category), self._blank(shape.value, category)
            case _:
                return _BLANK.get(str(shape), 0)

    def _hidden_primitive(self, value: Any, category: str) -> Any:
        if isinstance(value, str):
            return self.texts.hide(category, value)
        if isinstance(value, bytes):
            return self.texts.hide(category, value.decode("latin-1")).encode()
        return type(value)(0)

    def _hidden_anything(self, value: Any, category: str) -> Any:
        if isinstance(value, dict):
            # A key below a place that is hidden may be what it is hidden for.
            return {
                f"{self.texts.hide(category, key)} {number}": self._hidden(each, ANYTHING, category)
                for number, (key, each) in enumerate(value.items(), start=1)
            }
        if isinstance(value, list | tuple):
            return [self._hidden(each, ANYTHING, category) for each in value]
        return self.texts.hide(category, value if isinstance(value, str) else repr(value))


def untagged(shape: Shape, categories: frozenset[str] | None, covers: Callable[[Path], bool], path: Path = ()) -> Shape:
    """Return a shape whose replaced fields are not tagged any more."""
    match shape:
        case Record():
            fields = []
            for each in shape.fields:
                below = (*path, each.name)
                is_gone = is_tagged(each, categories) or covers(below)
                inner = untagged(each.shape, None if is_gone else categories, covers, below)
                fields.append(replace(each, shape=inner, pii="" if is_gone else each.pii))
            return replace(shape, fields=tuple(fields))
        case Many():
            return replace(shape, items=untagged(shape.items, categories, covers, path))
        case Choice():
            gone = {name for name, tag in shape.pii if _is_one_of(tag, categories) or covers((*path, name))}
            variants = tuple(
                (name, inner and untagged(inner, None if name in gone else categories, covers, (*path, name)))
                for name, inner in shape.variants
            )
            return replace(shape, variants=variants, pii=tuple(each for each in shape.pii if each[0] not in gone))
        case Pair():
            return Pair(untagged(shape.key, categories, covers, path), untagged(shape.value, categories, covers, path))
        case _:
            return shape
