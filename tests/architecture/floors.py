"""Who may import whom: floors, doors, references between models, dependencies of migrations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import FLOORS, Fault, Rule, Source, called_name, calls, text_of

DOORS = frozenset({"api", "console", "portal", "admin", "management"})

_model_reference = re.compile(rf"({'|'.join(FLOORS)})\.[A-Z]\w*").fullmatch
_module_reference = re.compile(rf"({'|'.join(FLOORS)})(\.\w+)*").fullmatch


def imports_go_down(source: Source) -> Iterator[Fault]:
    """No package imports upwards or sideways, inside functions neither; the client imports nothing of ours."""
    for node, target in _imports(source):
        floor = target.partition(".")[0]
        if source.package == "client" and floor in FLOORS:
            yield source.fault(node, f"the client is installed alone and may not import {target}")
        elif source.is_on_a_floor and not _may_lean_on(source.package, floor):
            yield source.fault(
                node, f"{source.package} may not import {target}: declare a protocol here and let config wire it"
            )


def nothing_imports_a_door(source: Source) -> Iterator[Fault]:
    """Doors parse, make one call and render; what two of them need belongs into the app behind them.

    Only config, the composition root, hangs them in.
    """
    if not source.is_on_a_floor or source.package == "config":
        return
    for node, target in _imports(source):
        door = _door(target)
        if door is not None and door != _door(source.module):
            yield source.fault(node, f"{target} is behind a door: move what is needed out of {door} into its app")


def model_references_go_down(source: Source) -> Iterator[Fault]:
    """A string such as "app.Model" (foreign keys, get_model) respects the floors like an import."""
    if not source.is_on_a_floor or source.package == "config":
        return
    for node in ast.walk(source.tree):
        reference = text_of(node)
        if reference and _model_reference(reference) and not _may_lean_on(source.package, reference.partition(".")[0]):
            yield source.fault(node, f"{source.package} may not refer to {reference}: keep an opaque id instead")


def accounts_stay_above(source: Source) -> Iterator[Fault]:
    """The account model lives in governance, so the floors below may not name it, by whatever way Django offers."""
    if FLOORS.get(source.package, FLOORS["governance"]) >= FLOORS["governance"]:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr == "AUTH_USER_MODEL":
            yield source.fault(node, "this floor knows no accounts: keep an opaque actor id")
        if isinstance(node, ast.Name) and node.id == "get_user_model":
            yield source.fault(node, "this floor knows no accounts: keep an opaque actor id")


def migrations_depend_downwards(source: Source) -> Iterator[Fault]:
    """A migration waits for its own app and for the floors below it."""
    if not source.is_migration or not source.is_on_a_floor:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            app, name = (text_of(element) for element in node.elts)
            is_dependency = app in FLOORS and name is not None and re.match(r"\d{4}_|__(first|latest)__", name)
            if is_dependency and not _may_lean_on(source.package, str(app)):
                yield source.fault(node, f"a migration of {source.package} may not depend on {app}")


def migrations_have_names(source: Source) -> Iterator[Fault]:
    """A migration's name says what changes."""
    name = source.parts[-1].removesuffix(".py")
    if (
        source.is_migration
        and source.is_on_a_floor
        and re.fullmatch(r"\d{4}_(auto_.*|alter_.*_and_more|\w*_more)", name)
    ):
        yield source.fault(1, "rename the migration to a sentence that says what changes and why")


def _may_lean_on(package: str, target: str) -> bool:
    return target not in FLOORS or target == package or FLOORS[target] < FLOORS[package]


def _door(module: str) -> str | None:
    """The door a module lies behind, as "app.door"; config is the composition root and has none."""
    app, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    return f"{app}.{first}" if app in FLOORS and app != "config" and first in DOORS else None


def _imports(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every module a file imports, wherever in the file, dynamic imports with a literal name included."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            # `from app import door` imports a module too, so names count as far as they may be modules.
            yield from ((node, f"{base}.{alias.name}") for alias in node.names)
    for call in calls(source.tree):
        name = text_of(call.args[0]) if call.args else None
        if called_name(call) in ("import_module", "import_string", "__import__") and name and _module_reference(name):
            yield call, name


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    anchor = source.module.split(".") + (["__init__"] if source.path.endswith("__init__.py") else [])
    return ".".join([*anchor[: -node.level], *([node.module] if node.module else [])])


RULES: tuple[Rule, ...] = (
    imports_go_down,
    nothing_imports_a_door,
    model_references_go_down,
    accounts_stay_above,
    migrations_depend_downwards,
    migrations_have_names,
)
