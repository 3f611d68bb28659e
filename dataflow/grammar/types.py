"""Types: what records, their parts and states look like."""

from __future__ import annotations

import re

from dataflow.grammar.reading import Section
from dataflow.grammar.spec import (
    PRIMITIVES,
    SPELLINGS,
    EnumType,
    KeyedType,
    ListType,
    NamedType,
    ObjectType,
    Property,
    RowType,
    Type,
)

IS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")
NAME = "name: it begins with a letter and has letters, digits, - and _, at most 128"
IS_PROPERTY = re.compile(r"[^\x00-\x1f\x7f]{1,256}")
IS_CATEGORY = re.compile(r"[a-z][a-z0-9-]{0,63}")
CATEGORY = "category of personal data: small letters, digits and -"
_NOTHING = ("null", "")
_TAGGING = ("external", "untagged")


class TypeBook:
    """The named types of a file. A nested type with a `type-name` is one of them."""

    def __init__(self) -> None:
        self.named: dict[str, Type] = {}

    def read_all(self, section: Section | None) -> None:
        """Read the section `types`."""
        if section is None:
            return
        for name, each in section.entries():
            if not IS_NAME.fullmatch(name):
                section.refuse(name, f"`{name[:40]}` is no {NAME}")
            found = self.read(each)
            if "pii" in each:
                each.refuse("pii", "a type has no category of personal data", "Tag the fields that have this type.")
            elif found is not None:
                each.finish()
                self._define(name, found, each)

    def read(self, section: Section) -> Type | None:
        """Read one type: the mapping that has its `type`; None where it is refused."""
        kind = section.text("type", required=True)
        found = self._of_kind(kind, section)
        name = section.matching("type_name" if "type_name" in section else "type-name", IS_NAME, NAME)
        if name and found is not None:
            self._define(name, found, section)
            found = NamedType(name, section.place)
        return found

    def read_in(self, section: Section | None) -> Type | None:
        """Read a type and refuse what else stands beside it."""
        if section is None:
            return None
        found = self.read(section)
        section.finish()
        return found

    def _of_kind(self, kind: str, section: Section) -> Type | None:
        readers = {
            "object": self._object,
            "arrow-row": self._row,
            "enum": self._enum,
            "list": self._list,
            "keyed-state": self._keyed,
            "key-value": self._keyed,
            "primitive": self._below,
        }
        return readers.get(kind, self._plain)(section)

    def _object(self, section: Section) -> Type:
        return ObjectType(self.properties(section), section.place)

    def _row(self, section: Section) -> Type:
        return RowType(self.properties(section), section.place)

    def _list(self, section: Section) -> Type | None:
        items = self.read_in(section.section("items", required=True))
        return None if items is None else ListType(items, section.place)

    def _below(self, section: Section) -> Type | None:
        """Read what older files have for the value of a state: its type stands one level below."""
        inner = section.section("properties", required=True)
        name = inner.text("value", required=True) if inner else ""
        if inner:
            inner.finish()
        return self._named(name, section) if name else None

    def _plain(self, section: Section) -> Type | None:
        name = section.text("type")
        return self._named(name, section) if name else None

    def _named(self, name: str, section: Section) -> Type | None:
        name = SPELLINGS.get(name, name)
        if not IS_NAME.fullmatch(name):
            section.refuse("type", f"`{name[:40]}` is no {NAME}")
            return None
        return NamedType(name, section.place_of("type"))

    def properties(self, section: Section) -> tuple[Property, ...]:
        """Read the properties of an object or a row."""
        inner = section.section("properties", required=True)
        if inner is None:
            return ()
        return tuple(found for name, each in inner.entries() if (found := self._property(name, each)) is not None)

    def _property(self, name: str, section: Section) -> Property | None:
        if not IS_PROPERTY.fullmatch(name):
            section.refuse("", "a property has a name of 1 to 256 printable characters")
        found = self.read(section)
        told = Property(
            name=name,
            type=found or NamedType("string", section.place),
            optional=section.boolean("optional"),
            read_as=_renamed(section, "deserialize"),
            written_as=_renamed(section, "serialize"),
            pii=section.matching("pii", IS_CATEGORY, CATEGORY),
        )
        section.finish()
        return told if found is not None else None

    def _enum(self, section: Section) -> Type | None:
        inner = section.section("oneOf", required=True)
        if inner is None:
            return None
        variants: dict[str, Type | None] = {}
        tags: dict[str, str] = {}
        names: dict[str, tuple[str, str]] = {}
        for name, each in inner.entries():
            is_bare = "type" not in each or each.text("type") in _NOTHING
            variants[name] = None if is_bare else self.read(each)
            tag = each.matching("pii", IS_CATEGORY, CATEGORY)
            if tag and is_bare:
                each.refuse("pii", "a variant without a value holds no personal data", "Tag the field that it is in.")
            elif tag:
                tags[name] = tag
            names[name] = _renamed(each, "deserialize") or name, _renamed(each, "serialize") or name
            each.finish()
        if not variants:
            section.refuse("oneOf", "there are no variants")
        is_tagged = section.choice("tagging", _TAGGING) != "untagged"
        return EnumType(variants, section.place, tags, names, is_tagged)

    def _keyed(self, section: Section) -> Type | None:
        inner = section.section("properties", required=True)
        if inner is None:
            return None
        key = self.read_in(inner.section("key", required=True))
        value = self.read_in(inner.section("value", required=True))
        inner.finish()
        return None if key is None or value is None else KeyedType(key, value, section.place)

    def _define(self, name: str, found: Type, section: Section) -> None:
        if name in PRIMITIVES or name in SPELLINGS:
            section.refuse("", f"`{name}` is a primitive type and cannot be defined anew")
        elif name in self.named and not alike(self.named[name], found):
            section.refuse("", f"the type `{name}` is defined twice, and not alike", "Give one of them another name.")
        else:
            self.named[name] = found


def alike(one: Type | None, other: Type | None) -> bool:
    """Say whether two types are written alike, wherever they stand."""
    return shape(one) == shape(other)


def shape(type_: Type | None) -> object:
    """Return what a type says, without where it stands."""
    match type_:
        case None:
            return None
        case NamedType():
            return type_.name
        case ObjectType() | RowType():
            rows = [(p.name, shape(p.type), p.optional, p.read_as, p.written_as, p.pii) for p in type_.properties]
            return type(type_).__name__, tuple(rows)
        case EnumType():
            variants = [(n, shape(each), type_.pii.get(n), type_.names.get(n)) for n, each in type_.variants.items()]
            return "enum", type_.is_tagged, tuple(variants)
        case ListType():
            return "list", shape(type_.items)
        case KeyedType():
            return "keyed", shape(type_.key), shape(type_.value)


def _renamed(section: Section, direction: str) -> str:
    inner = section.section(direction) if direction in section else None
    if inner is None:
        return ""
    found = inner.matching("rename", IS_PROPERTY, "name of a property")
    inner.finish()
    return found
