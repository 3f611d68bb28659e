"""A package as a folder: its file, and each function's code in a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dataflow.grammar.composing import LARGEST_FILE
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.package_spec import PackageFile
from dataflow.grammar.packagefile import read_package
from dataflow.grammar.spec import Inline

FILES = ("sdf-package.yaml", "ssdk-package.yaml", "sealbook-package.yaml")
"""Names of the package file; the first is what `generate` looks for and `hub` writes."""
CODE = "functions"
"""The folder with the code: `mask-ssn` is in `functions/mask_ssn.py` or `functions/mask_ssn.js`."""
CASES = ".cases.yaml"
"""How the file with a function's tests ends, which lies beside its code."""
ENDINGS = {"python": ".py", "javascript": ".js"}


@dataclass(frozen=True, slots=True)
class Folder:
    """A package that lies in a folder of this machine."""

    path: Path
    file: PackageFile

    def has_code(self, function: str) -> bool:
        """Say whether a function has code that runs here."""
        if self.file.functions[function].code is not None:
            return True
        return any((self.path / CODE / f"{snake(function)}{ending}").is_file() for ending in ENDINGS.values())

    def cases_of(self, function: str) -> str | None:
        """Return the text of a function's tests; None where it has none. Raises `FileRefused`."""
        path = self.path / cases_name(function)
        return _text_of(path, self.file.functions[function].place) if path.is_file() else None

    def code_of(self, function: str) -> Inline:
        """Return a function's code. Raises `FileRefused` where there is none that runs here."""
        stem, place = snake(function), self.file.functions[function].place
        for language, ending in ENDINGS.items():
            found = self.path / CODE / f"{stem}{ending}"
            if found.is_file():
                return Inline(language, _text_of(found, place), Place(str(found)))
        says = f"the function `{function}` has no code that runs here"
        remedy = f"Write it as `def {stem}(...)` in {self.path / CODE / stem}.py"
        if (self.path / "rust").is_dir():
            remedy = f"What it has in rust/ is not run. {remedy}"
        raise FileRefused(
            [Fault(place, f"functions.{function}", says, f"{remedy}; `sealbook generate` makes the file.")]
        )


def open_folder(path: Path, place: Place) -> Folder:
    """Return the package in a folder. Raises `FileRefused`, at `place` where there is none."""
    for name in FILES:
        if (path / name).is_file():
            return Folder(path, read_package(_text_of(path / name, place), str(path / name)))
    raise FileRefused([Fault(place, "", f"there is no package in {path}", f"It has a file {FILES[0]}.")])


def cases_name(function: str) -> str:
    """Return where a function's tests lie within its package: `functions/mask_ssn.cases.yaml`."""
    return f"{CODE}/{snake(function)}{CASES}"


def snake(name: str) -> str:
    """Return a name as Python and JavaScript spell it: `mask-ssn` is `mask_ssn`."""
    return name.replace("-", "_")


def _text_of(path: Path, place: Place) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise FileRefused([Fault(place, "", f"{path} cannot be read: {type(error).__name__}")]) from None
