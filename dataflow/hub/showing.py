"""What an item of the hub offers, in words: its functions with types and tests, or its topics and services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataflow.grammar.package_spec import Function
from dataflow.grammar.spec import EnumType, FlowFile, KeyedType, ListType, NamedType, Type
from dataflow.hub.content import Files, Texts, package_of, read_content
from dataflow.packages.cases import read_cases
from dataflow.packages.folders import cases_name


def described(files: Files) -> dict[str, Any]:
    """Return what the files of an item offer."""
    content = read_content(files)
    told: dict[str, Any] = {
        "imports": [str(each.package) for each in content.file.imports],
        "types": list(content.file.types),
        "functions": [],
        "topics": [],
        "services": [],
    }
    if isinstance(content.file, FlowFile):
        return told | {"topics": list(content.file.topics), "services": list(content.file.services)}
    package = package_of(content)
    return told | {"functions": [_function(package, each) for each in package.file.functions.values()]}


def _function(package: Texts, function: Function) -> dict[str, Any]:
    cases = package.cases_of(function.name)
    return {
        "name": function.name,
        "operator": function.operator,
        "inputs": [{"name": each.name, "type": named(each.type)} for each in function.inputs],
        "output": "" if function.output is None else named(function.output),
        "removes": list(function.removes),
        "language": (function.code or package.code_of(function.name)).language,
        "cases": 0 if cases is None else len(read_cases(cases, cases_name(function.name)).cases),
    }


def named(type_: Type) -> str:
    """Return what a type is called, or what kind of type it is."""
    match type_:
        case NamedType():
            return type_.name
        case ListType():
            return f"list of {named(type_.items)}"
        case KeyedType():
            return f"({named(type_.key)}, {named(type_.value)})"
        case EnumType():
            return "enum"
        case _:
            return "object"


def told(files: Files) -> list[str]:
    """Return what the files of an item offer as lines for people."""
    offered = described(files)
    kinds = ("imports", "types", "topics", "services")
    return [
        *(f"{kind}: {', '.join(offered[kind])}" for kind in kinds if offered[kind]),
        *map(line_of, offered["functions"]),
    ]


def line_of(function: Mapping[str, Any]) -> str:
    """Return a described function as a line: how it is used, from what to what, and how it is tested."""
    inputs = ", ".join(f"{each['name']}: {each['type']}" for each in function["inputs"])
    removes = f", removes {', '.join(function['removes'])}" if function["removes"] else ""
    gives = f" -> {function['output']}" if function["output"] else ""
    tested = f"{function['language']}, {function['cases']} cases{removes}"
    return f"{function['operator']} {function['name']}({inputs}){gives}  {tested}"
