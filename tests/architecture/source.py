"""The files of the house as syntax trees, and what a rule reports about them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

FLOORS = {"keyring": 0, "audit": 1, "governance": 2, "userstore": 3, "dataflow": 4, "discovery": 4, "config": 5}
"""Rank of each package of the server: a higher one may import a lower one, never the reverse, never sideways."""

PACKAGES = (*FLOORS, "client", "tests", "benchmarks")
NOT_OURS = frozenset({"__pycache__", "staticfiles", "test-artifacts", "node_modules"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a rule is broken and what to do about it."""

    path: str
    line: int
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.remedy}"


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the root of the checkout."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts

    @property
    def package(self) -> str:
        """The top-level package or folder."""
        return self.parts[0]

    @property
    def module(self) -> str:
        """Dotted name, as imports write it."""
        dotted = ".".join(PurePosixPath(self.path).with_suffix("").parts)
        return dotted.removesuffix(".__init__")

    @property
    def is_on_a_floor(self) -> bool:
        return self.package in FLOORS

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.parts

    def fault(self, node: ast.AST | int, remedy: str) -> Fault:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Fault(self.path, line, remedy)


Rule = Callable[[Source], Iterator[Fault]]


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def python_sources() -> tuple[Source, ...]:
    """Every Python file of the house."""
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text())
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not NOT_OURS.intersection(path.parts)
    )


@cache
def text_files() -> tuple[Source, ...]:
    """Every text file of the house, whatever its language."""
    return tuple(_readable(path) for path in sorted(ROOT.rglob("*")) if _is_ours(path))


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    hidden = parts[0].startswith(".") and parts[0] not in (".ci", ".gitignore", ".github")
    return path.is_file() and not hidden and not NOT_OURS.intersection(parts) and b"\0" not in path.read_bytes()[:4096]


def _readable(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text(errors="replace"))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call in a tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called_name(call: ast.Call) -> str:
    """The last part of what is called: `create` of `Client.objects.create(...)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def text_of(node: ast.AST | None) -> str | None:
    """The value of a string literal, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
