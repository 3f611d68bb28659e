"""Types with every name resolved, so that two of them can be compared and a value can be held against one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeAlias

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
MOST_FIELDS = 10_000
"""Fields, variants and items of a type with those of all types within it: few lines can name each other many times."""
MOST_SHOWN = 100
"""Of these, what a message spells out."""


class Extent(NamedTuple):
    """A type with all types within it: its parts of any kind, itself included, levels, and tags of personal data."""

    size: int = 1
    depth: int = 1
    tags: frozenset[str] = frozenset()


def _around(shapes: Iterable[Shape | None], tags: Iterable[str] = ()) -> Extent:
    within = [Extent(depth=0) if each is None else each.extent for each in shapes]
    return Extent(
        size=1 + sum(each.size for each in within),
        depth=1 + max((each.depth for each in within), default=0),
        tags=frozenset(filter(None, tags)).union(*(each.tags for each in within)),
    )


@dataclass(frozen=True, slots=True)
class Primitive:
    name: str
    extent: ClassVar[Extent] = Extent()

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
    extent: Extent = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        tags = (each.pii for each in self.fields)
        object.__setattr__(self, "extent", _around((each.shape for each in self.fields), tags))

    def __str__(self) -> str:
        if self.extent.size > MOST_SHOWN:
            return self.called or f"object of {len(self.fields):,} fields"
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
    extent: Extent = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", _around((each for _, each in self.variants), (tag for _, tag in self.pii)))

    def __str__(self) -> str:
        if len(self.variants) > MOST_SHOWN:
            return self.called or f"enum of {len(self.variants):,} variants"
        return self.called or "enum{" + ", ".join(name for name, _ in self.variants) + "}"


@dataclass(frozen=True, slots=True)
class Many:
    items: Shape
    called: str = field(default="", compare=False)
    extent: Extent = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", _around([self.items]))

    def __str__(self) -> str:
        return self.called or f"list of {self.items}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A key with a value."""

    key: Shape
    value: Shape
    extent: Extent = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extent", _around((self.key, self.value)))

    def __str__(self) -> str:
        return f"({self.key}, {self.value})"


@dataclass(frozen=True, slots=True)
class Anything:
    """What code returns that does not say; the next place that knows better checks it."""

    extent: ClassVar[Extent] = Extent()

    def __str__(self) -> str:
        return "anything"


Shape: TypeAlias = Primitive | Record | Choice | Many | Pair | Anything
ANYTHING = Anything()
TEXT, BYTES, NUMBER, TRUTH = Primitive("string"), Primitive("bytes"), Primitive("i64"), Primitive("bool")


class Shapes:
    """The named types of one file with what it imports; `resolve` raises `FileRefused`."""

    def __init__(self, named: Mapping[str, Type], imported: Mapping[str, Callable[[], Shape]]) -> None:
        self._named, self._imported = named, imported
        self._by_names: dict[str, Shape] = {}
        self._resolved: dict[int, tuple[Type, Shape]] = {}

    def resolve(self, type_: Type) -> Shape:
        """Return a type with all names resolved; the same one again for the same type."""
        if id(type_) not in self._resolved:
            self._resolved[id(type_)] = type_, self._resolve(type_, ())
        return self._resolved[id(type_)][1]

    def resolve_all(self) -> None:
        """Resolve every named type, whether anything uses it or not."""
        for name, each in self._named.items():
            self._by_name(NamedType(name, each.place), ())

    def _resolve(self, type_: Type, within: tuple[str, ...]) -> Shape:
        if len(within) > DEEPEST:
            raise _too_deep(type_)
        found = self._expanded(type_, within)
        if found.extent.depth > DEEPEST:
            raise _too_deep(type_)
        if found.extent.size > MOST_FIELDS:
            says = f"this type has more than {MOST_FIELDS:,} fields, those of the types within it included"
            raise FileRefused([Fault(type_.place, "", says, "Name fewer types within types.")])
        return found

    def _expanded(self, type_: Type, within: tuple[str, ...]) -> Shape:
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
        if name not in self._by_names:
            self._by_names[name] = self._looked_up(type_, within)
        return self._by_names[name]

    def _looked_up(self, type_: NamedType, within: tuple[str, ...]) -> Shape:
        name = type_.name
        if name in self._named:
            return self._resolve(self._named[name], (*within, name))
        if name in self._imported:
            return self._imported[name]()
        says = f"the type `{name}` is defined nowhere"
        raise FileRefused([Fault(type_.place, "", says, "Define it in `types:` or import it.")])


def _too_deep(type_: Type) -> FileRefused:
    says = f"types are nested too deeply: more than {DEEPEST} levels"
    return FileRefused([Fault(type_.place, "", says, "Name fewer types within types.")])


def fits(given: Shape, wanted: Shape) -> bool:
    """Say whether a value of one shape can be given where another is wanted."""
    return given == wanted or ANYTHING in (given, wanted)


def categories(shape: Shape | None) -> frozenset[str]:
    """Return the categories of personal data that the fields of a shape are tagged with."""
    return frozenset() if shape is None else shape.extent.tags
