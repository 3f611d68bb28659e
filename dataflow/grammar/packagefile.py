"""The package file: functions, types and states that flows import. Its code stands in files of its own."""

from __future__ import annotations

from typing import Literal, cast

from dataflow.grammar import heading
from dataflow.grammar.flowfile import read_state
from dataflow.grammar.package_spec import Function, PackageFile, Parameter
from dataflow.grammar.reading import Section, open_file
from dataflow.grammar.spec import OPERATORS, NamedType
from dataflow.grammar.steps import StepReader
from dataflow.grammar.types import CATEGORY, IS_CATEGORY, IS_NAME, NAME, TypeBook

FUNCTIONS = (*OPERATORS, "assign-key", "assign-timestamp", "update-state", "flush")
"""What a function of a package can be used as."""

MOST_FUNCTIONS = 100
"""Functions of a package: the tests of each run in a process of its own."""


def read_package(text: str, name: str) -> PackageFile:
    """Read a package file. Raises `FileRefused` with everything that is wrong in it.

    Args:
        text: YAML.
        name: what the file is called in messages.
    """
    root = open_file(text, name)
    version, meta, imports = heading.api_version(root), heading.meta(root), heading.imports(root)
    types = TypeBook()
    types.read_all(root.section("types"))
    states, functions = root.section("states"), root.section("functions")
    if functions is not None and len(functions.names()) > MOST_FUNCTIONS:
        says = f"a package has at most {MOST_FUNCTIONS} functions, and here are {len(functions.names()):,}"
        functions.refuse("", says, "Make two packages of it.")
        root.faults.raise_any()
    found = PackageFile(
        api_version=version,
        meta=meta,
        imports=imports,
        types=types.named,
        states={} if states is None else {each: read_state(each, inner, types) for each, inner in states.entries()},
        functions={} if functions is None else {each: _function(each, s, types) for each, s in functions.entries()},
        dev=heading.dev(root),
        place=root.place,
    )
    root.finish(tolerant=True)
    root.faults.raise_any()
    return found


def _function(name: str, section: Section, types: TypeBook) -> Function:
    if not IS_NAME.fullmatch(name):
        section.refuse("", f"`{name[:40]}` is no {NAME}")
    removes = section.texts("removes")
    for each in removes:
        if not IS_CATEGORY.fullmatch(each):
            section.refuse("removes", f"`{each[:40]}` is no {CATEGORY}")
    states = []
    for state in section.items("states"):
        states.append(state.matching("name", IS_NAME, NAME, required=True))
        state.finish()
    operator, output = section.choice("operator", FUNCTIONS, required=True), section.section("output")
    found = Function(
        name=name,
        operator=operator,
        inputs=tuple(_parameter(each, types) for each in section.items("inputs")),
        output=None if output is None else types.read(output),
        states=tuple(states),
        removes=removes,
        code=StepReader("python").code(section) if "run" in section else None,
        gives_many=output is not None and output.boolean("list"),
        place=section.place,
    )
    if output is not None:
        if output.boolean("optional") and operator != "filter-map":
            output.refuse("optional", "only a filter-map answers with nothing")
        output.finish()
    section.finish()
    return found


def _parameter(section: Section, types: TypeBook) -> Parameter:
    found = Parameter(
        name=section.matching("name", IS_NAME, NAME, required=True),
        kind=cast("Literal['value', 'key']", section.choice("kind", ("value", "key")) or "value"),
        optional=section.boolean("optional"),
        type=types.read(section) or NamedType("string", section.place),
    )
    section.finish()
    return found
