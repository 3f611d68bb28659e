"""Reading YAML by what is expected of it: every key is asked for by name, and what nobody asked for is a fault."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import yaml

from dataflow.grammar.composing import composed, place_of
from dataflow.grammar.faults import MOST_TOLD, Fault, FileRefused, Place
from dataflow.grammar.values import QUOTE, value_of

LONGEST_KEY = 300
"""Characters: messages name the keys that lead to what is wrong."""
LONGEST_WORD = 100
"""Characters of a word for which a similar one is looked for."""

_is_null = {"", "~", "null", "Null", "NULL"}.__contains__
_BOOLEANS = {"true": True, "false": False}


def open_file(text: str, name: str) -> Section:
    """Return the file's outermost mapping. Raises `FileRefused` where it is no YAML, too large, or no mapping."""
    root, book = composed(text, name), Faults(name)
    if not isinstance(root, yaml.MappingNode):
        raise FileRefused([book.fault(root, "", "a file is a mapping of keys, such as `meta:` and `services:`")])
    return Section(book, root, "")


@dataclass(slots=True)
class Faults:
    """What was found wrong in one file so far."""

    file: str
    found: list[Fault] = field(default_factory=list)

    def place(self, node: yaml.Node) -> Place:
        return place_of(node.start_mark, self.file)

    def fault(self, node: yaml.Node, where: str, says: str, remedy: str = "") -> Fault:
        return Fault(self.place(node), where, says, remedy)

    def add(self, node: yaml.Node, where: str, says: str, remedy: str = "") -> None:
        self.found.append(self.fault(node, where, says, remedy))
        if len(self.found) >= MOST_TOLD:
            raise FileRefused(self.found)

    def raise_any(self) -> None:
        if self.found:
            raise FileRefused(self.found)


class Section:
    """One mapping of a file. What is asked for and wrong is noted as a fault and answered as absent."""

    __slots__ = ("_asked", "_book", "_entries", "node", "where")

    def __init__(self, book: Faults, node: yaml.MappingNode, where: str) -> None:
        self._book, self.node, self.where = book, node, where
        self._asked: set[str] = set()
        self._entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                book.add(key, where, "a key is a plain word")
            elif len(key.value) > LONGEST_KEY:
                book.add(key, where, f"a key has more than {LONGEST_KEY} characters")
            elif key.value in self._entries:
                book.add(key, where, f"`{key.value}` stands here twice", "Keep one of them.")
            else:
                self._entries[key.value] = key, value

    @property
    def place(self) -> Place:
        """Where the mapping begins."""
        return self._book.place(self.node)

    @property
    def faults(self) -> Faults:
        """What was found in the whole file so far."""
        return self._book

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def is_list(self, name: str) -> bool:
        """Say whether a key has a list."""
        return name in self._entries and isinstance(self._entries[name][1], yaml.SequenceNode)

    def place_of(self, name: str) -> Place:
        """Where a key stands; the mapping itself where it is missing."""
        return self._book.place(self._entries[name][0]) if name in self._entries else self.place

    def path_of(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def refuse(self, name: str, says: str, remedy: str = "") -> None:
        """Note that the value of a key is wrong; of the mapping where the key is missing or no key is named."""
        node = self._entries[name][1] if name in self._entries else self.node
        self._book.add(node, self.path_of(name) if name else self.where, says, remedy)

    def text(self, name: str, *, required: bool = False) -> str:
        """Return a text, empty where there is none."""
        node = self._value(name, required=required)
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self._book.add(node, self.path_of(name), "this is a text, not a mapping or a list")
            return ""
        if required and not node.value.strip():
            self._book.add(node, self.path_of(name), "this must not be empty")
        return str(node.value)

    def matching(self, name: str, pattern: re.Pattern[str], expected: str, *, required: bool = False) -> str:
        """Return a text of one form, which `expected` describes."""
        found = self.text(name, required=required)
        if found and not pattern.fullmatch(found):
            self.refuse(name, f"`{_short(found)}` is no {expected}")
            return ""
        return found

    def choice(self, name: str, among: Collection[str], *, required: bool = False) -> str:
        """Return one of some words, in their own spelling whatever the case."""
        found = self.text(name, required=required)
        known = {each.lower(): each for each in among}
        if found and found.lower() not in known:
            self.refuse(name, f"`{_short(found)}` is none of {', '.join(sorted(among))}", _suggestion(found, among))
            return ""
        return known.get(found.lower(), "")

    def boolean(self, name: str, *, default: bool = False) -> bool:
        found = self.text(name).lower()
        if found and found not in _BOOLEANS:
            self.refuse(name, f"`{_short(found)}` is neither true nor false")
        return _BOOLEANS.get(found, default)

    def whole(self, name: str, *, least: int, most: int, default: int) -> int:
        """Return a whole number within bounds."""
        found = self.text(name)
        if not found:
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", found) or not least <= int(found) <= most:
            self.refuse(name, f"`{_short(found)}` is no whole number from {least} to {most:,}")
            return default
        return int(found)

    def section(self, name: str, *, required: bool = False) -> Section | None:
        """Return a mapping; None where there is none."""
        node = self._value(name, required=required)
        return None if node is None else self._section(node, self.path_of(name))

    def entries(self) -> Iterator[tuple[str, Section]]:
        """Yield the keys of this mapping, which the file itself names, with their mappings."""
        for name, (_, node) in self._entries.items():
            self._asked.add(name)
            found = self._section(node, self.path_of(name))
            if found is not None:
                yield name, found

    def names(self) -> tuple[str, ...]:
        """Return the keys of this mapping, which the file itself names."""
        self._asked.update(self._entries)
        return tuple(self._entries)

    def items(self, name: str, *, required: bool = False) -> Iterator[Section]:
        """Yield the mappings of a list."""
        for where, node in self._list(name, required=required):
            found = self._section(node, where)
            if found is not None:
                yield found

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list."""
        found = []
        for where, node in self._list(name, required=False):
            if isinstance(node, yaml.ScalarNode):
                found.append(node.value)
            else:
                self._book.add(node, where, "this is a text, not a mapping or a list")
        return tuple(found)

    def plain(self, name: str) -> object:
        """Return a value as it stands, for whoever checks it by a schema of its own; None where there is none."""
        node = self._value(name, required=False)
        try:
            return None if node is None else value_of(node)
        except ValueError as error:
            self.refuse(name, f"this is no value: {error}", QUOTE)
            return None

    def finish(self, *, tolerant: bool = False) -> None:
        """Note every key that nobody has asked for; `tolerant`: those that begin with `x-` belong to somebody else."""
        missing = self._asked - self._entries.keys()
        for name, (key, _) in self._entries.items():
            if name not in self._asked and not (tolerant and name.startswith("x-")):
                remedy = _suggestion(name, missing) or _list_of(self._asked)
                self._book.add(key, self.path_of(name), f"`{_short(name)}` is unknown here", remedy)

    def _value(self, name: str, *, required: bool) -> yaml.Node | None:
        self._asked.add(name)
        if name not in self._entries:
            if required:
                self._book.add(self.node, self.where, f"`{name}` is missing")
            return None
        return self._entries[name][1]

    def _section(self, node: yaml.Node, where: str) -> Section | None:
        if isinstance(node, yaml.MappingNode):
            return Section(self._book, node, where)
        if isinstance(node, yaml.ScalarNode) and _is_null(node.value):
            return Section(self._book, _empty_like(node), where)
        self._book.add(node, where, "this is a mapping of keys")
        return None

    def _list(self, name: str, *, required: bool) -> Iterator[tuple[str, yaml.Node]]:
        node = self._value(name, required=required)
        if node is None or (isinstance(node, yaml.ScalarNode) and _is_null(node.value)):
            return
        if not isinstance(node, yaml.SequenceNode):
            self._book.add(node, self.path_of(name), "this is a list, each item behind a dash")
            return
        for number, each in enumerate(node.value):
            yield f"{self.path_of(name)}[{number}]", each


def _empty_like(node: yaml.Node) -> yaml.MappingNode:
    return yaml.MappingNode("tag:yaml.org,2002:map", [], node.start_mark, node.end_mark)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _suggestion(word: str, among: Collection[str]) -> str:
    if len(word) > LONGEST_WORD:
        return ""
    near = difflib.get_close_matches(word.lower(), [each.lower() for each in among], n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else ""


def _list_of(words: Collection[str]) -> str:
    return f"Known are {', '.join(sorted(words))}." if words else ""
