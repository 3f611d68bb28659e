"""YAML text to nodes, within bounds that are checked before anything of it recurses."""

from __future__ import annotations

import re
from typing import Protocol

import yaml

from dataflow.grammar.faults import Fault, FileRefused, Place

LARGEST_FILE = 1024 * 1024
"""Characters of a dataflow or package file."""
DEEPEST = 48
"""Levels of nesting."""
MOST_NODES = 50_000
"""Keys, values and items that a file is read as; one that stands for others by an alias counts each time."""
MOST_DIRECTIVES = 8
"""Lines such as `%TAG`: the parser compares each with all before it."""
SPLIT = "Put some of it into a package of its own."

_DIRECTIVE = re.compile(r"(?:^|[\n\r\x85\u2028\u2029])%")
_BEGINS = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)
_LEAVES = (yaml.ScalarEvent, yaml.AliasEvent)


def composed(text: str, name: str) -> yaml.Node:
    """Return the outermost node of a file. Raises `FileRefused` where it is no YAML, empty or beyond bounds.

    Args:
        name: what the file is called in messages.
    """
    if len(text) > LARGEST_FILE:
        raise _refused(Place(name), f"the file has more than {LARGEST_FILE:,} characters", SPLIT)
    if len(_DIRECTIVE.findall(text)) > MOST_DIRECTIVES:
        raise _refused(Place(name), f"more than {MOST_DIRECTIVES} lines begin with `%`", "Take them out.")
    try:
        _bound_events(text, name)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise FileRefused([_syntax(error, name)]) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise _refused(Place(name, line), "this is no text: half of a surrogate pair", "Take the sign out.") from None
    if root is None:
        raise _refused(Place(name), "the file is empty")
    _bound_nodes(root, name)
    return root


class Mark(Protocol):
    """A position as either parser of YAML tells it, from 0 on."""

    line: int
    column: int


def place_of(mark: Mark | None, name: str) -> Place:
    """Return a position in a file as people count it; the file's beginning where it is unknown."""
    return Place(name) if mark is None else Place(name, mark.line + 1, mark.column + 1)


def _bound_events(text: str, name: str) -> None:
    """Refuse what the composer would not survive: it calls itself for each level, and the process has one stack."""
    depth = seen = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        is_begin = isinstance(event, _BEGINS)
        seen += is_begin or isinstance(event, _LEAVES)
        depth += is_begin - isinstance(event, _ENDS)
        _must_be_within(depth - 1 if is_begin else depth, seen, event.start_mark, name)


def _bound_nodes(root: yaml.Node, name: str) -> None:
    """Refuse aliases that multiply, or stand for what they are within."""
    waiting, seen = [(root, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        _must_be_within(depth, seen, node.start_mark, name)
        if isinstance(node, yaml.MappingNode):
            waiting += [(each, depth + 1) for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(each, depth + 1) for each in node.value]


def _must_be_within(depth: int, seen: int, mark: Mark | None, name: str) -> None:
    if depth > DEEPEST:
        remedy = "Give what lies that deep a name of its own."
        raise _refused(place_of(mark, name), f"there are more than {DEEPEST} levels of nesting", remedy)
    if seen > MOST_NODES:
        raise _refused(place_of(mark, name), f"there are more than {MOST_NODES:,} values", SPLIT)


def _syntax(error: yaml.YAMLError, name: str) -> Fault:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    says = getattr(error, "problem", None) or "it cannot be read"
    return Fault(place_of(mark, name), "", f"this is no YAML: {says}")


def _refused(place: Place, says: str, remedy: str = "") -> FileRefused:
    return FileRefused([Fault(place, "", says, remedy)])
