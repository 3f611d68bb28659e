"""What code of the server does not do: write past the actions, print, read settings early, freeze vocabularies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from tests.architecture.source import Fault, Rule, Source, called_name, calls, text_of

WRITING_FOLDERS = frozenset({"actions", "migrations", "writing"})
"""`actions/` is where writes live; `writing/` holds the straight line of a mutator; migrations move data."""

WRITERS: Mapping[str, str] = {
    "keyring/walls/bulk.py": "the statement of inserting many rows; the actions that use it record what they insert",
    "audit/integrity/asking.py": "what witnesses say of the tree, which the sealer keeps beside it",
    "audit/integrity/witnessing.py": "cosignatures of the tree's checkpoints; what a witness denies goes on record",
    "audit/integrity/integrating.py": "the tree over the book is no entry of it, and is its sealer's alone",
    "userstore/tokenization/minting.py": "a token is minted inside the read that hands it out, whose entry records it",
    "userstore/tokenization/raw.py": "a token is minted inside the action that creates it, whose entry records it",
    "userstore/tokenization/raw_batches.py": "tokens are minted inside the action that creates them, as above",
}
"""File outside `WRITING_FOLDERS` that writes -> the reason. An entry that is not needed any more is a fault."""

CLOSED_VOCABULARIES: Mapping[str, str] = {
    "governance/models/purposes.py": "Article 6(1) GDPR lists six legal bases and no other",
}
"""Model file with `choices` -> why its vocabulary cannot grow. An entry that is not needed any more is a fault."""

PRINTING = ("config/embedded/", "config/commandline")
"""Programs that talk to a terminal, beside management commands."""

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_MANAGER_WRITES = frozenset(
    {"create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
)
_writing_sql = re.compile(r"\s*(insert\s+into|update\s+\S+\s+set|delete\s+from|truncate)\b", re.IGNORECASE).match
_logger_name = re.compile(r"_?log(ger)?").fullmatch
_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})


def writes_go_through_actions(source: Source) -> Iterator[Fault]:
    """Every write is an action: one transaction, one caller, one entry in the book."""
    if not source.is_on_a_floor or WRITING_FOLDERS.intersection(source.parts[:-1]):
        return
    found = list(_writes(source))
    if source.path not in WRITERS:
        yield from (
            source.fault(node, f"{what}: move it into actions/, or list the file with its reason")
            for node, what in found
        )
    elif not found:
        yield source.fault(1, "writes nothing any more: take it out of WRITERS")


def _writes(source: Source) -> Iterator[tuple[ast.AST, str]]:
    for call in calls(source.tree):
        name = called_name(call).removeprefix("a") if called_name(call) in _ASYNC_WRITES else called_name(call)
        if not isinstance(call.func, ast.Attribute):
            continue
        # A cache deletes by key; only a model and a queryset delete without an argument.
        of_a_row = name == "save" or (name == "delete" and not call.args and not call.keywords)
        if of_a_row or (name in _MANAGER_WRITES and _MANAGERS & _chain(call.func.value)):
            yield call, f".{name}() writes"
    for node in ast.walk(source.tree):
        text = text_of(node)
        if text and _writing_sql(text):
            yield node, "this SQL writes"


_ASYNC_WRITES = frozenset({f"a{name}" for name in (*_MANAGER_WRITES, "save")})


def _chain(node: ast.AST) -> frozenset[str]:
    """The attribute names that a call hangs on: `Client.objects.filter(...)` gives objects and filter."""
    names = set()
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
            node = node.value
        else:
            node = node.func
    return frozenset(names)


def nothing_prints(source: Source) -> Iterator[Fault]:
    """A server speaks through its logs, which cannot carry values; print can."""
    if not source.is_on_a_floor or "commands" in source.parts or source.path.startswith(PRINTING):
        return
    for call in calls(source.tree):
        if isinstance(call.func, ast.Name) and call.func.id in ("print", "pprint", "breakpoint"):
            yield source.fault(call, f"{call.func.id}() goes round the logs: use a logger")


def log_lines_are_literals(source: Source) -> Iterator[Fault]:
    """A log line says what the source says; values go into the fields that config.logs knows."""
    if not source.is_on_a_floor:
        return
    for call in calls(source.tree):
        speaks = isinstance(call.func, ast.Attribute) and call.func.attr in _LOG_METHODS
        if not speaks or not _logger_name(_root(call.func)) or not call.args:
            continue
        if text_of(call.args[0]) is None or len(call.args) > 1:
            yield source.fault(call, "log a literal text and pass fields with `extra=`: anything else is withheld")


def _root(node: ast.AST) -> str:
    return node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""


def settings_are_read_late(source: Source) -> Iterator[Fault]:
    """A setting read at import time cannot be changed by a test and depends on who imports first."""
    if not source.is_on_a_floor or source.is_migration or source.path == "config/settings.py":
        return
    for node in _run_at_import(source.tree):
        name = _setting_read_by(node)
        # A foreign key to the account model is the one place where Django itself wants it early.
        if name and name != "AUTH_USER_MODEL":
            yield source.fault(node, f"settings.{name} is read at import time: read it where it is used")


def _setting_read_by(node: ast.AST) -> str | None:
    """The setting that `settings.NAME` or `getattr(settings, ...)` reads."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "settings":
        return node.attr
    if isinstance(node, ast.Call) and called_name(node) == "getattr" and len(node.args) > 1:
        owner, name = node.args[:2]
        return text_of(name) or "*" if isinstance(owner, ast.Name) and owner.id == "settings" else None
    return None


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: bodies of functions do not, their decorators and defaults do."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            early = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
            early += [] if isinstance(node, ast.Lambda) else node.decorator_list
            for part in early:
                yield part
                yield from _run_at_import(part)
        else:
            yield node
            yield from _run_at_import(node)


def vocabularies_can_grow(source: Source) -> Iterator[Fault]:
    """`choices` freezes a vocabulary into a migration; one that grows is a registry, checked by an action."""
    if not source.is_on_a_floor or not ({"models", "models.py"} & set(source.parts)):
        return
    found = [
        keyword.value
        for call in calls(source.tree)
        if called_name(call).endswith("Field")
        for keyword in call.keywords
        if keyword.arg == "choices"
    ]
    if source.path not in CLOSED_VOCABULARIES:
        yield from (
            source.fault(node, "no `choices`: use a registry, or list the file with its reason") for node in found
        )
    elif not found:
        yield source.fault(1, "has no `choices` any more: take it out of CLOSED_VOCABULARIES")


RULES: tuple[Rule, ...] = (
    writes_go_through_actions,
    nothing_prints,
    log_lines_are_literals,
    settings_are_read_late,
    vocabularies_can_grow,
)
