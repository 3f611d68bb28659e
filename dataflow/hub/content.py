"""The files of a flow or a package: which of them belong to it, without what was the developer's, and their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import orjson
import yaml

from dataflow.grammar.composing import composed
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.flowfile import read_flow
from dataflow.grammar.package_spec import PackageFile
from dataflow.grammar.packagefile import read_package
from dataflow.grammar.spec import FlowFile, Inline
from dataflow.packages.folders import CODE, ENDINGS, FILES, cases_name, snake

FLOW_FILE, README = "dataflow.yaml", "README.md"
FLOW, PACKAGE = "flow", "package"
LARGEST = 512 * 1024
"""Characters of all files together."""

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Texts:
    """A package whose files are texts, by their paths within it."""

    texts: Files
    file: PackageFile

    def code_of(self, function: str) -> Inline:
        """Return a function's code. Raises `FileRefused`."""
        for language, ending in ENDINGS.items():
            path = f"{CODE}/{snake(function)}{ending}"
            if path in self.texts:
                return Inline(language, self.texts[path], Place(path))
        says = f"the function `{function}` has no code that runs here"
        raise FileRefused([Fault(self.file.functions[function].place, f"functions.{function}", says)])

    def cases_of(self, function: str) -> str | None:
        """Return the text of a function's tests; None where it has none."""
        return self.texts.get(cases_name(function))


@dataclass(frozen=True, slots=True)
class Content:
    """What is published: its files, and what they say."""

    files: Files
    file: FlowFile | PackageFile

    @property
    def kind(self) -> str:
        return FLOW if isinstance(self.file, FlowFile) else PACKAGE

    @property
    def digest(self) -> str:
        return digest_of(self.files)


def read_content(files: Files) -> Content:
    """Return what files say, without the section `dev` and without paths of imports.

    Raises `FileRefused`: too large, a file that does not belong there, or one that is wrong.
    """
    size = sum(map(len, files.values())) + sum(map(len, files))
    if size > LARGEST:
        raise _refused(f"there are {size:,} characters, and at most {LARGEST:,} are published")
    heads = [name for name in (FLOW_FILE, *FILES) if name in files]
    if len(heads) != 1:
        says = f"there is one file {FLOW_FILE} of a flow, or one {FILES[0]} of a package; here are {len(heads)}"
        raise _refused(says)
    (head,) = heads
    text = without_developers(files[head], head)
    file = read_flow(text, head) if head == FLOW_FILE else read_package(text, head)
    _must_belong(files, file, head)
    return Content({**files, head: text}, file)


def package_of(content: Content) -> Texts:
    """Return the package that a content is. `TypeError` where it is a flow."""
    if isinstance(content.file, FlowFile):
        raise TypeError("this is a flow")
    return Texts(content.files, content.file)


def digest_of(files: Files) -> str:
    """Return the SHA-256 of files, in hexadecimal digits: of a JSON object of path to text, sorted, without spaces."""
    return hashlib.sha256(orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS)).hexdigest()


def without_developers(text: str, name: str) -> str:
    """Return a file without its section `dev`, and with empty paths of imports. Raises `FileRefused`."""
    read: Callable[[str, str], FlowFile | PackageFile] = read_flow if name == FLOW_FILE else read_package
    read(text, name)  # it is sound, so that its parts can be found
    root = composed(text, name)
    if not isinstance(root, yaml.MappingNode):
        raise TypeError("what was read before is a mapping")
    cuts = [(start, end, "") for start, end in _sections(root, "dev")]
    cuts += [(start, end, '""') for start, end in _paths(root)]
    for start, end, put in sorted(cuts, reverse=True):
        text = text[:start] + put + text[end:]
    again = read(text, name)
    if again.dev.imports or again.dev.converter or any(each.path for each in again.imports):
        raise _refused(
            "the section `dev` cannot be left out", "Write it at the end of the file, over lines of its own."
        )
    return text


def _sections(root: yaml.MappingNode, name: str) -> Iterable[tuple[int, int]]:
    for key, value in root.value:
        if key.value == name:
            yield key.start_mark.index, value.end_mark.index


def _paths(root: yaml.MappingNode) -> Iterable[tuple[int, int]]:
    lists = [value for key, value in root.value if key.value == "imports" and isinstance(value, yaml.SequenceNode)]
    for imported in (each for found in lists for each in found.value):
        for key, value in imported.value:
            if key.value == "path":
                yield value.start_mark.index, value.end_mark.index


def _must_belong(files: Files, file: FlowFile | PackageFile, head: str) -> None:
    known = {head, README}
    if isinstance(file, PackageFile):
        for function in file.functions:
            known |= {cases_name(function)} | {f"{CODE}/{snake(function)}{each}" for each in ENDINGS.values()}
    strange = sorted(files.keys() - known)
    if strange:
        raise _refused(f"{len(strange)} files belong to no function, the first is {strange[0][:80]!r}")


def _refused(says: str, remedy: str = "") -> FileRefused:
    return FileRefused([Fault(Place("hub"), "", says, remedy)])
