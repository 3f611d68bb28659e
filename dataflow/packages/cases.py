"""The tests that lie beside a function: what it gives for what, and what holds for whatever it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataflow.grammar.faults import Place
from dataflow.grammar.reading import Section, open_file
from dataflow.grammar.types import CATEGORY, IS_CATEGORY

IDEMPOTENT, TOTAL = "idempotent", "total"
PROPERTIES = (IDEMPOTENT, TOTAL)
MOST_CASES = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """One test. `key` is the record's key, `rows` are those of states; `gives` counts where it does not fail."""

    key: Any
    given: Any
    rows: Mapping[str, Any]
    gives: Any
    fails: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Cases:
    """The tests of one function. `corpus`: texts by category of personal data, beside those that are known here."""

    cases: tuple[Case, ...] = ()
    properties: tuple[str, ...] = ()
    corpus: Mapping[str, tuple[str, ...]] | None = None

    def texts_of(self, category: str) -> tuple[str, ...]:
        """Return the texts that the file itself has for a category."""
        return (self.corpus or {}).get(category, ())


def read_cases(text: str, name: str) -> Cases:
    """Read the tests of a function. Raises `FileRefused` with everything that is wrong in the file.

    Args:
        text: YAML.
        name: what the file is called in messages.
    """
    root = open_file(text, name)
    found = Cases(
        cases=tuple(_case(each) for each in root.items("cases")),
        properties=_properties(root),
        corpus=_corpus(root),
    )
    if len(found.cases) > MOST_CASES:
        root.refuse("cases", f"there are more than {MOST_CASES:,} cases")
    root.finish()
    root.faults.raise_any()
    return found


def _case(section: Section) -> Case:
    if "given" not in section:
        section.refuse("", "`given` is missing")
    fails = section.boolean("fails")
    if ("gives" in section) == fails:
        section.refuse("", "a case says either what the function `gives`, or `fails: true`")
    rows = section.section("states")
    found = Case(
        key=section.plain("key"),
        given=section.plain("given"),
        rows={} if rows is None else {name: rows.plain(name) for name in rows.names()},
        gives=section.plain("gives"),
        fails=fails,
        place=section.place,
    )
    section.finish()
    return found


def _properties(root: Section) -> tuple[str, ...]:
    found = root.texts("properties")
    for each in found:
        if each not in PROPERTIES:
            remedy = "That nothing leaks is always tested, for every category under `removes`."
            root.refuse("properties", f"`{each[:40]}` is none of {', '.join(PROPERTIES)}", remedy)
    return found


def _corpus(root: Section) -> dict[str, tuple[str, ...]]:
    section = root.section("corpus")
    if section is None:
        return {}
    for name in section.names():
        if not IS_CATEGORY.fullmatch(name):
            section.refuse(name, f"`{name[:40]}` is no {CATEGORY}")
    return {name: section.texts(name) for name in section.names()}
