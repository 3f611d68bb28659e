"""Two versions of a definition side by side, as somebody reads them: names in place of ids, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

_CONTEXT = 2


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line: `mark` is + where it was added, - where it was removed, a space where it stayed, @ between places."""

    mark: str
    text: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str]) -> list[DiffLine]:
    """Say what became of one body in the other, with a little of what stayed around it; nothing where they are equal.

    Args:
        names: what ids in the bodies are called now.
    """
    former, later = _lines(before, names), _lines(after, names)
    found = list(unified_diff(former, later, n=_CONTEXT, lineterm=""))[2:]
    return [DiffLine("@", "…") if line.startswith("@") else DiffLine(line[:1], line[1:]) for line in found][1:]


def _lines(body: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    return [line for name in sorted(body) for line in _field(name, _named(body[name], names))]


def _field(name: str, value: Any) -> Iterator[str]:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    label = name.replace("_", " ")
    if "\n" not in text:
        yield f"{label}: {text}"
        return
    yield f"{label}:"
    for line in text.splitlines():
        yield f"    {line}"


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(each, names) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
