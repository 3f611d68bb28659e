"""Names of definitions as identifiers of Python: valid, told apart, and the same every time."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHERS = re.compile(r"\W+", re.ASCII)


def attribute_name(name: str) -> str:
    """Write a name as a function or attribute is written: `GetPhone-2` is get_phone_2."""
    return _valid(_HUMP.sub("_", name).lower())


def class_name(name: str) -> str:
    """Write a name as a class is written: `get_phone` is GetPhone."""
    parts = [part for part in _OTHERS.sub("_", name).split("_") if part]
    return _valid("".join(part[0].upper() + part[1:] for part in parts))


def constant_name(name: str) -> str:
    """Write a name as a constant is written: `fraudCheck` is FRAUD_CHECK."""
    return _valid(_HUMP.sub("_", name).upper())


def told_apart(names: Iterable[str], *, taken: Iterable[str] = ()) -> list[str]:
    """Number identifiers that occur again, or that are taken by others, in the order in which they come."""
    used, found = set(taken), []
    for name in names:
        free, number = name, 2
        while free in used:
            free, number = f"{name}_{number}", number + 1
        used.add(free)
        found.append(free)
    return found


def _valid(text: str) -> str:
    found = _OTHERS.sub("_", text)
    if not found or found[0].isdigit() or found.startswith("_"):
        found = f"n{found}" if found.startswith("_") else f"n_{found}"
    return f"{found}_" if keyword.iskeyword(found) or keyword.issoftkeyword(found) else found
