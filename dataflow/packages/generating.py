"""Making the files of a package that somebody then fills in: its own, and code and tests of functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dataflow.packages.folders import CODE, ENDINGS, FILES, Folder, cases_name, snake
from dataflow.packages.library import Find, Input, Known, Library
from dataflow.schemas.shapes import Choice, Many, Pair, Primitive, Record, Shape

_PYTHON = {"string": "str", "bytes": "bytes", "bool": "bool", "f32": "float", "f64": "float"}
_PACKAGE = """\
apiVersion: 0.6.0
meta: {{name: {name}, version: 0.1.0, namespace: {namespace}}}
functions:
  {function}:
    operator: map
    inputs: [{{name: text, type: string}}]
    output: {{type: string}}
"""
_CASES = """\
# What {name} gives for what; `sealbook test` says where it does not.
#   - {{given: ..., gives: ...}}
#   - {{given: ..., fails: true}}
#   - {{key: ..., given: ..., gives: ...}}
# What holds for whatever it is given: idempotent (twice is as once), total (it fails on no text).{leaks}
cases: []
properties: []
"""
_LEAKS = """
# That it lets no {removes} through is always tested; `corpus: {{{first}: [...]}}` adds values to test it with."""
_CODE = {
    "python": '''\
{imports}def {function}({parameters}) -> {gives}:
    """Return {says}."""
    raise NotImplementedError
''',
    "javascript": """\
/** Returns {says}. */
function {function}({parameters}) {{
    throw new Error("not implemented");
}}
""",
}


def new_package(folder: Path, *, namespace: str, name: str, function: str) -> Path:
    """Write the file of a package with one function; return its path. `FileExistsError` where there is one."""
    path = folder / FILES[0]
    with path.open("x", encoding="utf-8") as file:
        file.write(_PACKAGE.format(name=name, namespace=namespace, function=function))
    return path


def generate(folder: Folder, find: Find, *, functions: Sequence[str], language: str) -> list[Path]:
    """Write what functions of a package lack of code and tests; return the paths. Nothing is written over.

    Raises `FileRefused` where the package is wrong.
    """
    written = []
    for known in Library(find).offered_by(folder):
        if functions and known.name not in functions:
            continue
        if not folder.has_code(known.name):
            code = folder.path / CODE / f"{snake(known.name)}{ENDINGS[language]}"
            written.append(_write(code, _code(known, language)))
        if not (folder.path / cases_name(known.name)).exists():
            written.append(_write(folder.path / cases_name(known.name), _cases(known)))
    return written


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path


def _cases(known: Known) -> str:
    leaks = _LEAKS.format(removes=", ".join(known.removes), first=known.removes[0]) if known.removes else ""
    return _CASES.format(name=known.name, leaks=leaks)


def _code(known: Known, language: str) -> str:
    inputs = sorted(known.inputs, key=lambda each: each.kind != "key")  # a key comes first
    gives = _gives(known)
    parameters = [_parameter(each) if language == "python" else snake(each.name) for each in inputs]
    needs_any = any("Any" in each for each in (*parameters, gives))
    return _CODE[language].format(
        imports="from typing import Any\n\n\n" if needs_any else "",
        function=snake(known.name),
        parameters=", ".join(parameters),
        gives=gives,
        says=_says(known),
    )


def _says(known: Known) -> str:
    taken = " and ".join(snake(each.name) for each in known.inputs)
    without = f" without {', '.join(known.removes)}" if known.removes else ""
    return {
        "filter": f"whether a record goes on, by {taken}",
        "filter-map": f"what becomes of {taken}{without}, or None where the record does not go on",
        "flat-map": f"a list of what becomes of {taken}{without}",
    }.get(known.operator, f"what becomes of {taken}{without}")


def _gives(known: Known) -> str:
    if known.operator == "filter":
        return "bool"
    gives = "Any" if known.output is None else python_type(known.output)
    return f"{gives} | None" if known.operator == "filter-map" and gives != "Any" else gives


def _parameter(each: Input) -> str:
    type_ = python_type(each.shape)
    return f"{snake(each.name)}: {type_}" + (" | None" if each.kind == "key" and type_ != "Any" else "")


def python_type(shape: Shape) -> str:
    """Return how Python annotates what code gets of a shape."""
    match shape:
        case Primitive():
            return _PYTHON.get(shape.name, "int")
        case Record():
            return "dict[str, Any]"
        case Many():
            return f"list[{python_type(shape.items)}]"
        case Choice():
            return "str" if all(each is None for _, each in shape.variants) else "str | dict[str, Any]"
        case Pair():
            return f"tuple[{python_type(shape.key)} | None, {python_type(shape.value)}]"
        case _:
            return "Any"
