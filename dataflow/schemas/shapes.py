"""Types with every name resolved, so that two of them can be compared and a value can be held against one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dataflow.grammar.faults import Fault, FileRefused
from dataflow.grammar.spec import (
    PRIMITIVES,
    EnumType,
    KeyedType,
    ListType,
    NamedType,
    ObjectType,
    Property,
    RowType,
    Type,
)

DEEPEST = 32
"""Levels of types within types: a type that contains itself has no end."""


@dataclass(frozen=True, slots=True)
class Primitive:
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Field:
    """`read_as` and `written_as` are its names outside; `pii` is the category of personal data in it."""

    name: str
    shape: Shape
    optional: bool
    read_as: str
    written_as: str
    pii: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Record:
    """An object or a row of a state."""

    fields: tuple[Field, ...]
    called: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.called or "object{" + ", ".join(f"{each.name}: {each.shape}" for each in self.fields) + "}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some variants; one without a value is None.

    `pii`: the category of personal data in some of them. `names`: what they are read and written as outside.
    `is_tagged`: whether a value says there which one it is; functions always see which it is.
    """

    variants: tuple[tuple[str, Shape | None], ...]
    called: str = field(default="", compare=False)
    pii: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    names: tuple[tuple[str, tuple[str, str]], ...] = field(default=(), compare=False)
    is_tagged: bool = field(default=True, compare=False)

    def __str__(self) -> str:
        return self.called or "enum{" + ", ".join(name for name, _ in self.variants) + "}"


@dataclass(frozen=True, slots=True)
class Many:
    items: Shape
    called: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.called or f"list of {self.items}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with a value."""

    key: Shape
    value: Shape

    def __str__(self) -> str:
        return f"({self.key}, {self.value})"


@dataclass(frozen=True, slots=True)
class Anything:
    """What code returns that does not say; the next place that knows better checks it."""

    def __str__(self) -> str:
        return "anything"


Shape: TypeAlias = Primitive | Record | Choice | Many | Pair | Anything
ANYTHING = Anything()
TEXT, BYTES, NUMBER, TRUTH = Primitive("string"), Primitive("bytes"), Primitive("i64"), Primitive("bool")


class Shapes:
    """The named types of one file with what it imports; `resolve` raises `FileRefused`."""

    def __init__(self, named: Mapping[str, Type], imported: Mapping[str, Callable[[], Shape]]) -> None:
        self._named, self._imported = named, imported

    def resolve(self, type_: Type) -> Shape:
        """Return a type with all names resolved."""
        return self._resolve(type_, ())

    def resolve_all(self) -> None:
        """Resolve every named type, whether anything uses it or not."""
        for name, each in self._named.items():
            self._resolve(each, (name,))

    def _resolve(self, type_: Type, within: tuple[str, ...]) -> Shape:
        if len(within) > DEEPEST:
            raise FileRefused([Fault(type_.place, "", "types are nested too deeply")])
        match type_:
            case NamedType():
                return self._by_name(type_, within)
            case ObjectType() | RowType():
                fields = tuple(self._field(each, within) for each in type_.properties)
                return Record(fields, within[-1] if within else "")
            case EnumType():
                variants = {
                    n: None if each is None else self._resolve(each, within) for n, each in type_.variants.items()
                }
                return Choice(
                    variants=tuple(variants.items()),
                    called=within[-1] if within else "",
                    pii=tuple(type_.pii.items()),
                    names=tuple(type_.names.items()),
                    is_tagged=type_.is_tagged,
                )
            case ListType():
                return Many(self._resolve(type_.items, within), within[-1] if within else "")
            case KeyedType():
                return Pair(self._resolve(type_.key, within), self._resolve(type_.value, within))

    def _field(self, each: Property, within: tuple[str, ...]) -> Field:
        shape = self._resolve(each.type, (*within, ""))
        return Field(each.name, shape, each.optional, each.read_as or each.name, each.written_as or each.name, each.pii)

    def _by_name(self, type_: NamedType, within: tuple[str, ...]) -> Shape:
        name = type_.name
        if name in PRIMITIVES:
            return Primitive(name)
        if name in within:
            raise FileRefused([Fault(type_.place, "", f"the type `{name}` contains itself")])
        if name in self._named:
            return self._resolve(self._named[name], (*within, name))
        if name in self._imported:
            return self._imported[name]()
        says = f"the type `{name}` is defined nowhere"
        raise FileRefused([Fault(type_.place, "", says, "Define it in `types:` or import it.")])


def fits(given: Shape, wanted: Shape) -> bool:
    """Say whether a value of one shape can be given where another is wanted."""
    return given == wanted or ANYTHING in (given, wanted)


def categories(shape: Shape | None) -> frozenset[str]:
    """Return the categories of personal data that the fields of a shape are tagged with."""
    match shape:
        case Record():
            inner = (
                frozenset().union(*(categories(each.shape) for each in shape.fields)) if shape.fields else frozenset()
            )
            return inner | {each.pii for each in shape.fields if each.pii}
        case Choice():
            return frozenset(tag for _, tag in shape.pii).union(*(categories(each) for _, each in shape.variants))
        case Many():
            return categories(shape.items)
        case Pair():
            return categories(shape.key) | categories(shape.value)
        case _:
            return frozenset()
