"""What a package file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dataflow.grammar.faults import Place
from dataflow.grammar.spec import Dev, Import, Meta, State, Type


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input of a function; `key` is the record's key instead of its value."""

    name: str
    type: Type
    kind: Literal["value", "key"] = "value"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a package. `removes` are categories of personal data that it takes out, as its tests show."""

    name: str
    operator: str
    inputs: tuple[Parameter, ...]
    output: Type | None
    states: tuple[str, ...]
    removes: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A package file."""

    api_version: str
    meta: Meta
    imports: tuple[Import, ...]
    types: Mapping[str, Type]
    states: Mapping[str, State]
    functions: Mapping[str, Function]
    dev: Dev
    place: Place
