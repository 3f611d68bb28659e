"""Operators, partitions and windows: what a service does with a record."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from dataflow.grammar.reading import Section
from dataflow.grammar.spec import LANGUAGES, OPERATORS, Inline, Partition, Step, Uses, Window
from dataflow.grammar.types import IS_NAME, NAME

UPDATE = "update-state"
LONGEST_CODE = 64 * 1024
"""Characters of code that stands in a file."""
LONGEST_YEARS = 30
LONGEST = LONGEST_YEARS * 366 * 86_400_000
"""Milliseconds; the clocks of engines count from 1970."""
_IS_DURATION = re.compile(r"([0-9]{1,9})\s*(ms|s|m|h|d)")
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LOOKS_LIKE = (
    ("rust", re.compile(r"^[^\S\n]*(?:(?:pub(?:\([a-z]+\))?|async)[^\S\n]+)*fn\s+\w+", re.MULTILINE)),
    ("javascript", re.compile(r"^[^\S\n]*(?:async\s+)?function\b|=>|^[^\S\n]*(?:const|let|var)\s", re.MULTILINE)),
    ("python", re.compile(r"^[^\S\n]*(?:def|import|from)\s", re.MULTILINE)),
)
"""Each begins within one line: what went on over empty ones would be tried again from every one of them."""


def duration(section: Section, name: str, *, required: bool = False) -> int:
    """Return milliseconds: a number with its unit, `30s`."""
    told = section.text(name, required=required).strip()
    found = _IS_DURATION.fullmatch(told)
    if told and not found:
        section.refuse(name, f"`{told[:40]}` is no duration", "Write a number and its unit: 500ms, 30s, 5m, 2h, 7d.")
    length = int(found[1]) * _MILLISECONDS[found[2]] if found else 0
    if length > LONGEST:
        section.refuse(name, f"`{told[:40]}` is longer than {LONGEST_YEARS} years", "Leave it out where it has no end.")
        return 0
    return length


def written(seconds: int) -> str:
    """Return a duration as files write it, in the largest unit that it is whole in: `7d`."""
    size, unit = max(
        (size // 1000, unit) for unit, size in _MILLISECONDS.items() if size >= 1000 and seconds * 1000 % size == 0
    )
    return f"{seconds // size}{unit}"


class StepReader:
    """Reads steps in a file whose code is in `language` where it does not say and does not show."""

    def __init__(self, language: str) -> None:
        self._language = language

    def transforms(self, section: Section) -> tuple[Step, ...]:
        """Read `transforms`: a list of operators, which older files call `steps`."""
        is_old = "steps" in section and "transforms" not in section
        return tuple(self._operators(section.items("steps" if is_old else "transforms"), OPERATORS))

    def _operators(self, sections: Iterable[Section], known: Collection[str]) -> Iterable[Step]:
        for each in sections:
            operator = each.choice("operator", known, required=True)
            found = self._step(operator, each)
            if found is not None and operator:
                yield found

    def single(self, section: Section, name: str) -> Step | None:
        """Read a step that has a key of its own, such as `assign-key`."""
        inner = section.section(name)
        return None if inner is None else self._step(name, inner)

    def _step(self, operator: str, section: Section) -> Step | None:
        has_code, has_name = "run" in section, "uses" in section
        if has_code == has_name:
            section.refuse("", "a step has either `run:` with code or `uses:` with the name of a function")
        code, name = self.code(section), section.matching("uses", IS_NAME, NAME)
        parameters = section.plain("with")
        for each in section.items("dependencies"):
            for key in ("name", "version", "git", "tag", "branch", "rev", "path", "features", "default-features"):
                each.plain(key)
            each.finish()
        section.finish()
        if "with" in section and not _are_named(parameters):
            section.refuse("with", "parameters are a mapping of names to values")
        if has_code == has_name:
            return None
        if name:
            return Step(
                operator, Uses(name, parameters if isinstance(parameters, dict) else {}, section.place), section.place
            )
        return None if code is None else Step(operator, code, section.place)

    def code(self, section: Section) -> Inline | None:
        """Read `run`: code, and the language that it says or shows; None where there is none."""
        source, language = section.text("run"), section.choice("language", LANGUAGES)
        if "run" not in section:
            return None
        if not source.strip() or len(source) > LONGEST_CODE:
            section.refuse("run", f"code has 1 to {LONGEST_CODE:,} characters")
            return None
        return Inline(language or _language_of(source) or self._language, source, section.place_of("run"))

    def partition(self, section: Section) -> Partition | None:
        inner = section.section("partition")
        if inner is None:
            return None
        assign_key, update = self.single(inner, "assign-key"), self.single(inner, UPDATE)
        steps = list(self._operators(inner.items("transforms"), (*OPERATORS, UPDATE)))
        if update is None and steps and steps[-1].operator == UPDATE:
            update = steps.pop()  # where older files have it
        if any(each.operator == UPDATE for each in steps):
            inner.refuse("transforms", f"`{UPDATE}` stands once, behind all others")
        found = Partition(assign_key, tuple(steps), update, inner.place)
        inner.finish()
        if found.assign_key is None:
            inner.refuse("", "`assign-key` is missing")
        return found

    def window(self, section: Section) -> Window | None:
        inner = section.section("window")
        if inner is None:
            return None
        tumbling, sliding = inner.section("tumbling"), inner.section("sliding")
        if (tumbling is None) == (sliding is None):
            inner.refuse("", "a window is either `tumbling:` or `sliding:`")
        lasting = tumbling or sliding
        length = duration(lasting, "duration", required=True) if lasting else 0
        slide = duration(sliding, "slide", required=True) if sliding else 0
        if lasting is not None:
            lasting.finish()
        mark = inner.section("watermark")
        grace, idleness = (duration(mark, "grace-period"), duration(mark, "idleness")) if mark else (0, 0)
        if mark is not None:
            mark.finish()
        found = Window(
            duration=length,
            slide=slide,
            grace=grace,
            idleness=idleness,
            assign_timestamp=self.single(inner, "assign-timestamp"),
            transforms=self.transforms(inner),
            partition=self.partition(inner),
            flush=self.single(inner, "flush"),
            place=inner.place,
        )
        inner.finish()
        return found


def _language_of(source: str) -> str:
    """Return the language that code shows by its first definition; empty where it shows none."""
    return next((name for name, shows in LOOKS_LIKE if shows.search(source)), "")


def _are_named(parameters: object) -> bool:
    return isinstance(parameters, dict) and all(isinstance(each, str) for each in parameters)
