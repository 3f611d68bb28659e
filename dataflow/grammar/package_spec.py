"""What a package file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dataflow.grammar.faults import Place
from dataflow.grammar.spec import Dev, Import, Inline, Meta, State, Type


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input of a function; `key` is the record's key instead of its value."""

    name: str
    type: Type
    kind: Literal["value", "key"] = "value"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a package.

    `removes`: categories of personal data that it takes out, as its tests show. `code`: what stands in the package file
    itself, None where it has a file of its own. `gives_many`: whether its output is a list of the type.
    """

    name: str
    operator: str
    inputs: tuple[Parameter, ...]
    output: Type | None
    states: tuple[str, ...]
    removes: tuple[str, ...]
    code: Inline | None
    gives_many: bool
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
