"""How files look: their size, their names, the reasons beside their exceptions, the addresses in them."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Mapping

from tests.architecture.source import Fault, Rule, Source

LONGEST = 300

LONG_FILES: Mapping[str, str] = {}
"""Path of a file longer than `LONGEST` lines -> why it may be. An entry that is not needed any more is a fault."""

EMPTY_WORDS = frozenset({"utils", "util", "helpers", "common", "core", "services", "constants", "misc"})

_exception = re.compile(
    r"#\s*(?P<rule>noqa(?::\s*[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)?"
    r"|type:\s*ignore(?:\[[^\]]*\])?|pragma:\s*no cover|nosec)"
    r"(?P<reason>[^#]*)(?P<more>#.*)?"
)
_machine = re.compile(r"(?<![\w./:<>~)}\]-])/(?:work|root|tmp|home/\w+)(?=/|\b)(?![\w-])")
_download = re.compile(
    r"https?://[\w.-]*(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|jsdelivr\.net|unpkg\.com|cdnjs\."
    r"|googleapis\.com|docker\.io|ghcr\.io|quay\.io|deb\.debian\.org|archive\.ubuntu\.com|proxy\.golang\.org|crates\.io)"
    r"|--(?:extra-)?index-url|--trusted-host"
)

PROBED_ADDRESSES: Mapping[str, str] = {
    "tests/architecture/shape.py": "has to spell out what it looks for",
    "tests/governance/sandbox/test_locks.py": "asks a locked process to open well-known places of any machine",
}
"""File that names a directory of a machine on purpose -> why. An entry that is not needed any more is a fault."""


def files_stay_short(source: Source) -> Iterator[Fault]:
    """A file is read in one go. Migrations are written by Django and are as long as they are."""
    length = source.text.count("\n")
    if length > LONGEST and not source.is_migration and source.path not in LONG_FILES:
        yield source.fault(LONGEST, f"{length} lines, more than {LONGEST}: split it along the verbs of its domain")
    if source.path in LONG_FILES and length <= LONGEST:
        yield source.fault(length, "is short enough now: take it out of LONG_FILES")


def names_say_something(source: Source) -> Iterator[Fault]:
    """A module is named for what it holds."""
    for part in (*source.parts[:-1], source.parts[-1].removesuffix(".py")):
        if part in EMPTY_WORDS:
            yield source.fault(1, f'"{part}" says nothing: name it for the one thing it holds')


def exceptions_have_reasons(source: Source) -> Iterator[Fault]:
    """Whoever switches a check off says which one and why, on the same line."""
    for line, comment in _comments(source.text):
        found = _exception.match(comment)
        if found is None:
            continue
        said = f"{found['reason']} {found['more'] or ''}".strip(" #:-\t")
        if found["rule"] in ("noqa", "type: ignore"):
            yield source.fault(line, f"`{found['rule']}` without a code switches everything off: name the code")
        if len(re.findall(r"[A-Za-z]{2,}", said)) < 2:
            yield source.fault(line, f"`{found['rule']}` needs its reason on the same line, in words")


def addresses_are_portable(source: Source) -> Iterator[Fault]:
    """No file names a directory of one machine, a download host or a package index."""
    found = list(_addresses(source))
    if source.path not in PROBED_ADDRESSES:
        yield from found
    elif not found:
        yield source.fault(1, "names no such address any more: take it out of PROBED_ADDRESSES")


def _addresses(source: Source) -> Iterator[Fault]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        if _machine.search(line):
            yield source.fault(number, "names a directory of one machine: derive it, or take it from the environment")
        if _download.search(line):
            yield source.fault(number, "names a download host: dependencies come from the configured package index")


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


RULES: tuple[Rule, ...] = (files_stay_short, names_say_something, exceptions_have_reasons)
RULES_FOR_ALL_TEXT: tuple[Rule, ...] = (addresses_are_portable,)
