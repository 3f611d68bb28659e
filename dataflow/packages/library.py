"""What a flow and its packages import, one from another, with every name resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.package_spec import Function, PackageFile
from dataflow.grammar.spec import Dev, Import, Inline, KeyedType, Meta, Type
from dataflow.packages.folders import open_folder
from dataflow.schemas.shapes import Many, Shape, Shapes

MOST_PACKAGES = 100
"""Packages that a flow imports, those of its packages included."""


class Package(Protocol):
    """A package, wherever it lies."""

    @property
    def file(self) -> PackageFile:
        """What its file says."""

    def code_of(self, function: str) -> Inline:
        """Return a function's code. Raises `FileRefused`."""


Find = Callable[[Import], Package]
"""Finds an imported package. Raises `FileRefused`."""


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    shape: Shape
    kind: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A function of a package with its types resolved. `output` is None where it returns nothing.

    `states` are those that it works with, each with its type where the package has one.
    """

    name: str
    package: Meta
    operator: str
    inputs: tuple[Input, ...]
    output: Shape | None
    states: Mapping[str, Shape | None]
    removes: tuple[str, ...]
    code: Callable[[], Inline]
    place: Place


@dataclass(slots=True)
class Names:
    """What a file can name of others."""

    types: dict[str, Callable[[], Shape]]
    functions: dict[str, Known]
    states: dict[str, Callable[[], Shape]]


@dataclass(frozen=True, slots=True)
class Loaded:
    file: PackageFile
    package: Package
    shapes: Shapes
    names: Names


class Library:
    """The packages of one flow, each opened once."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._loaded: dict[Meta, Loaded] = {}

    def names_for(self, imports: Iterable[Import], within: tuple[Meta, ...] = ()) -> Names:
        """Return what a file imports. Raises `FileRefused`."""
        names = Names({}, {}, {})
        for each in imports:
            loaded = self._load(each, within)
            for wanted in each.types:
                names.types[wanted.alias] = _type_of(loaded, wanted.name, wanted.place)
            for wanted in each.functions:
                names.functions[wanted.alias] = _function_of(loaded, wanted.name, wanted.place)
            for wanted in each.states:
                names.states[wanted.alias] = _state_of(loaded, wanted.name, wanted.place)
        return names

    def offered_by(self, package: Package) -> tuple[Known, ...]:
        """Return a package's own functions with their types resolved. Raises `FileRefused`."""
        loaded = self._take_up(package, ())
        return tuple(_known(loaded, each) for each in package.file.functions.values())

    def _load(self, wanted: Import, within: tuple[Meta, ...]) -> Loaded:
        if wanted.package in within:
            chain = " -> ".join(map(str, (*within[within.index(wanted.package) :], wanted.package)))
            raise FileRefused([Fault(wanted.place, "imports", f"packages import each other in a circle: {chain}")])
        known = self._loaded.get(wanted.package)
        if known is not None:
            return known
        if len(self._loaded) >= MOST_PACKAGES:
            raise FileRefused([Fault(wanted.place, "imports", f"there are more than {MOST_PACKAGES} packages")])
        package = self._find(wanted)
        if package.file.meta != wanted.package:
            says = f"what is found there is {package.file.meta}, not {wanted.package}"
            raise FileRefused([Fault(wanted.place, "imports", says, "Mend the version or the path.")])
        return self._take_up(package, within)

    def _take_up(self, package: Package, within: tuple[Meta, ...]) -> Loaded:
        file = package.file
        names = self.names_for(_with_paths(file.imports, file.dev), (*within, file.meta))
        shapes = Shapes(file.types, names.types)
        shapes.resolve_all()
        found = self._loaded[file.meta] = Loaded(file, package, shapes, names)
        return found


def find_folders(base: Path, *, dev: Dev, otherwise: Find | None = None) -> Find:
    """Return what finds packages by the paths that a file names, `dev` first; `otherwise` what has no path.

    A path of `dev` is that of a package in whatever version: what lies there must be the version that is imported.

    Paths are taken from the folder of the file that names them.
    """
    paths = {_named(each.package): each.path for each in dev.imports if each.path}

    def find(wanted: Import) -> Package:
        path = paths.get(_named(wanted.package)) or wanted.path
        if path:
            return open_folder((_base_of(wanted, base) / path).resolve(), wanted.place)
        if otherwise is not None:
            return otherwise(wanted)
        says = f"the package {wanted.package} is not installed"
        remedy = f"Name its folder under `dev.imports`, or `sealbook hub install {wanted.package}`."
        raise FileRefused([Fault(wanted.place, "imports", says, remedy)])

    return find


def _base_of(wanted: Import, base: Path) -> Path:
    named = Path(wanted.place.file)
    return named.parent if named.is_absolute() else base


def _with_paths(imports: Iterable[Import], dev: Dev) -> list[Import]:
    """Return a package's imports with the paths that its own `dev` section names for them."""
    paths = {_named(each.package): each for each in dev.imports if each.path}
    return [
        each if each.path or _named(each.package) not in paths else _at(each, paths[_named(each.package)])
        for each in imports
    ]


def _named(package: Meta) -> tuple[str, str]:
    return package.namespace, package.name


def _at(wanted: Import, told: Import) -> Import:
    return Import(wanted.package, told.path, wanted.types, wanted.functions, wanted.states, wanted.place)


def _type_of(loaded: Loaded, name: str, place: Place) -> Callable[[], Shape]:
    type_: Type | None = loaded.file.types.get(name)
    if type_ is not None:
        return lambda: loaded.shapes.resolve(type_)
    if name in loaded.names.types:
        return loaded.names.types[name]
    raise _missing("type", name, loaded, place)


def _function_of(loaded: Loaded, name: str, place: Place) -> Known:
    function = loaded.file.functions.get(name)
    if function is not None:
        return _known(loaded, function)
    if name in loaded.names.functions:
        return loaded.names.functions[name]
    raise _missing("function", name, loaded, place)


def _state_of(loaded: Loaded, name: str, place: Place) -> Callable[[], Shape]:
    state = loaded.file.states.get(name)
    type_ = None if state is None else state.type
    if isinstance(type_, KeyedType):
        return lambda: loaded.shapes.resolve(type_)
    if name in loaded.names.states:
        return loaded.names.states[name]
    raise _missing("state", name, loaded, place)


def _missing(what: str, name: str, loaded: Loaded, place: Place) -> FileRefused:
    return FileRefused([Fault(place, "imports", f"{loaded.file.meta} has no {what} `{name}`")])


def _rows_of(loaded: Loaded, name: str) -> Shape | None:
    state, imported = loaded.file.states.get(name), loaded.names.states.get(name)
    if state is None:
        return None if imported is None else imported()
    return None if state.type is None else loaded.shapes.resolve(state.type)


def _known(loaded: Loaded, function: Function) -> Known:
    resolve = loaded.shapes.resolve
    return Known(
        name=function.name,
        package=loaded.file.meta,
        operator=function.operator,
        inputs=tuple(Input(each.name, resolve(each.type), each.kind, each.optional) for each in function.inputs),
        output=_output(function, resolve),
        states={each: _rows_of(loaded, each) for each in function.states},
        removes=function.removes,
        code=lambda: function.code or loaded.package.code_of(function.name),
        place=function.place,
    )


def _output(function: Function, resolve: Callable[[Type], Shape]) -> Shape | None:
    """Return what a function answers with: a flat-map may name what is in its list, or the list."""
    found = None if function.output is None else resolve(function.output)
    is_list = function.gives_many or (function.operator == "flat-map" and not isinstance(found, Many))
    return Many(found) if found is not None and is_list else found
