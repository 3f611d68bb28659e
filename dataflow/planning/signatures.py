"""What code that stands in a flow says of itself: its functions, whether they take the key, whether they give one."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from dataflow.grammar.faults import Fault, FileRefused
from dataflow.grammar.spec import Inline

_RUST = re.compile(r"\bfn\s+(\w+)")
_JAVASCRIPT = re.compile(
    r"^(?:function\s+([\w$]+)\s*\(|(?:const|let|var)\s+([\w$]+)\s*=\s*(?:function\b|\([^()]*\)\s*=>|[\w$]+\s*=>))",
    re.MULTILINE,
)
"""Functions that begin where a line does: those within others are not what is called."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A function: with two parameters it takes the record's key before its value; a tuple is a key with a value."""

    name: str
    takes_key: bool = False
    gives_key: bool = False


def signature_of(code: Inline) -> Signature:
    """Return what the last function of some code says. Raises `FileRefused` where there is none, or it is no code."""
    found = _python(code) if code.language == "python" else _other(code)
    if not found:
        raise FileRefused([Fault(code.place, "", f"this {code.language} code defines no function")])
    return found[-1]


def _python(code: Inline) -> list[Signature]:
    try:
        tree = ast.parse(code.source)
        return [_of_function(each, code) for each in tree.body if isinstance(each, ast.FunctionDef)]
    except SyntaxError as error:
        says = f"this is no Python: {error.msg} in its line {error.lineno}"
        raise FileRefused([Fault(code.place, "", says)]) from None
    except (RecursionError, MemoryError):
        says, remedy = "this Python is nested too deeply to be read", "Write it as several statements."
        raise FileRefused([Fault(code.place, "", says, remedy)]) from None
    except ValueError:
        raise FileRefused([Fault(code.place, "", "this is no Python: it holds a sign that no text has")]) from None


def _of_function(function: ast.FunctionDef, code: Inline) -> Signature:
    count = len(function.args.posonlyargs) + len(function.args.args)
    if count not in (1, 2):
        says = f"`{function.name[:80]}` takes {count} arguments: a function takes a value, or a key and a value"
        raise FileRefused([Fault(code.place, "", says)])
    told = "" if function.returns is None else ast.unparse(function.returns)
    return Signature(function.name, takes_key=count == 2, gives_key=told.lower().startswith("tuple"))


def _other(code: Inline) -> list[Signature]:
    pattern = _RUST if code.language == "rust" else _JAVASCRIPT
    return [Signature(next(filter(None, found.groups()))) for found in pattern.finditer(code.source)]
