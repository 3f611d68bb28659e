"""Values as they stand in a file: what JSON can hold, so that whoever takes one meets nothing else."""

from __future__ import annotations

import math
from typing import Any

import yaml

LONGEST_NUMBER = 100
"""Characters of a number: digits to the base 60 (`1:30:00`) take their square in time."""
LARGEST, LEAST = 2**64 - 1, -(2**63)
_NUMBERS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
QUOTE = 'Write it in quotes, as in "2024-01-31", where it is a text.'


def value_of(node: yaml.Node) -> Any:
    """Return a value that a node stands for.

    Raises `ValueError` where it is none: a number that is too long, a day, or an unknown tag. The text says which.
    """
    if _has_long_number(node):
        raise ValueError(f"a number has more than {LONGEST_NUMBER} characters")
    try:
        found = yaml.CSafeLoader("").construct_document(node)
    except (ArithmeticError, AttributeError, LookupError, ValueError, yaml.YAMLError):
        # A tag that somebody wrote can belong to a value that it does not fit, and each of them fails its own way.
        raise ValueError("a day that is none, an unknown tag, or one that does not fit") from None
    _must_be_plain(found)
    return found


def _has_long_number(root: yaml.Node) -> bool:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            waiting += [each for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif node.tag in _NUMBERS and len(node.value) > LONGEST_NUMBER:
            return True
    return False


def _must_be_plain(value: Any) -> None:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case None | bool() | str() | bytes():
                pass
            case int() as number:
                if not LEAST <= number <= LARGEST:
                    raise ValueError("a whole number has more than 64 bits")
            case float() as number:
                if not math.isfinite(number):
                    raise ValueError("a number is infinite or none")
            case list() as items:
                waiting += items
            case dict() as mapping:
                if not all(isinstance(key, str) for key in mapping):
                    raise ValueError("a key is no text")
                waiting += mapping.values()
            case _:
                raise ValueError("a day, or another that JSON has no form for")
