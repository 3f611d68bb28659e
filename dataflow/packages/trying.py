"""Testing the functions of a package: their cases, and what holds for whatever they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol

from dataflow.functions.protocol import Failed
from dataflow.grammar.faults import FileRefused, Place
from dataflow.inline.process import CodeRefused
from dataflow.inline.running import Runner
from dataflow.packages.calling import BeyondBounds, Called, Rows, short, shown
from dataflow.packages.cases import IDEMPOTENT, TOTAL, Case, Cases, read_cases
from dataflow.packages.corpus import NOBODYS, STUMBLING, bearers
from dataflow.packages.folders import cases_name
from dataflow.packages.library import Find, Input, Known, Library, Package
from dataflow.schemas.shapes import fits
from dataflow.schemas.unfit import ValueUnfit

MOST_WRONG = 100
"""What is told of one function."""
MOST_ROOM = 50_000_000
"""Characters of all texts that a function is tried with, in every part of its type."""


class Tested(Package, Protocol):
    """A package with the tests of its functions."""

    def cases_of(self, function: str) -> str | None:
        """Return the text of a function's tests; None where it has none. Raises `FileRefused`."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of the tests of a function: what was tested, and a text of some lines for each that failed."""

    function: str
    tested: tuple[str, ...]
    wrong: tuple[str, ...]


def try_package(package: Tested, find: Find, runner: Runner) -> list[Tried]:
    """Run the tests of every function of a package. Raises `FileRefused` where the package itself is wrong.

    The process of each function is ended before that of the next begins.
    """
    found = []
    for known in Library(find).offered_by(package):
        found.append(_tried(package, known, runner))
        runner.close()
    return found


def _tried(package: Tested, known: Known, runner: Runner) -> Tried:
    try:
        text = package.cases_of(known.name)
        if text is None:
            return Tried(known.name, (), (f"{cases_name(known.name)} is missing; `sealbook generate` makes it",))
        cases = read_cases(text, cases_name(known.name))
        value = next((each for each in known.inputs if each.kind == "value"), None)
        if value is None:
            return Tried(known.name, (), ("it takes no value",))
        return _Trial(known, value, cases, Called(known, value, runner)).outcome()
    except FileRefused as refused:
        return Tried(known.name, (), (str(refused),))
    except CodeRefused as refused:
        return Tried(known.name, (), (f"its code cannot be loaded: {refused}",))
    except BeyondBounds as beyond:
        return Tried(known.name, (), (str(beyond),))


class _Trial:
    """The tests of one function: properties hold with no rows, with blank ones, and with those of every case."""

    def __init__(self, known: Known, value: Input, cases: Cases, called: Called) -> None:
        self._known, self._shape, self._cases, self._called = known, value.shape, cases, called
        self._fit = [each for each in cases.cases if not called.unfit(each.given) and not called.rows_unfit(each.rows)]
        rows: list[Rows] = [{}, called.blank_rows, *(each.rows for each in self._fit)]
        self._rows = list({shown(each): each for each in rows}.values())

    def outcome(self) -> Tried:
        count = len(self._cases.cases)
        if not count:
            return Tried(self._known.name, (), (f"{cases_name(self._known.name)} has no cases",))
        tested, wrong = [f"{count} case{'s' if count > 1 else ''}"], [self._case_by_case()]
        for name, test in self._properties():
            tested.append(name)
            wrong.append(test())
        return Tried(self._known.name, tuple(tested), tuple(islice(chain.from_iterable(wrong), MOST_WRONG)))

    def _properties(self) -> Iterator[tuple[str, Callable[[], Iterator[str]]]]:
        for category in self._known.removes:
            yield f"no-leak {category}", partial(self._leaks, category)
        if IDEMPOTENT in self._cases.properties:
            yield IDEMPOTENT, self._changes_again
        if TOTAL in self._cases.properties:
            yield TOTAL, self._fails_on_text

    def _case_by_case(self) -> Iterator[str]:
        for each in self._cases.cases:
            unfit = "" if each.fails else self._called.unfit(each.given)
            if unfit:
                yield f"{_at(each.place)}: what is given is not of the function's type: {unfit}"
            if rows_unfit := self._called.rows_unfit(each.rows):
                yield f"{_at(each.place)}: what `states` has is no row: {rows_unfit}"
        answers = self._called.on([(each.key, each.given, each.rows) for each in self._fit])
        for case, answer in zip(self._fit, answers, strict=True):
            yield from self._compared(case, answer)

    def _compared(self, case: Case, answer: Any) -> Iterator[str]:
        head = f"{_at(case.place)}: given     {short(case.given)}"
        got = f"it fails: {answer.why}" if isinstance(answer, Failed) else short(answer)
        if case.fails:
            if not isinstance(answer, Failed):
                yield f"{head}\n  expected  that it fails\n  got       {got}"
            return
        try:
            expected = self._called.expected(case.gives)
        except ValueUnfit as unfit:
            yield f"{_at(case.place)}: what it is to give is not of the function's type: {unfit}"
            return
        if isinstance(answer, Failed) or shown(answer) != shown(expected):
            yield f"{head}\n  expected  {short(expected)}\n  got       {got}"

    def _leaks(self, category: str) -> Iterator[str]:
        texts = (*NOBODYS.get(category, ()), *self._cases.texts_of(category))
        if not texts:
            remedy = f"write some under `corpus: {{{category}: [...]}}`"
            yield f"no-leak {category}: there are no values to test it with; {remedy}"
            return
        bearing = self._bearing(texts, category)
        if not bearing:
            yield f"no-leak {category}: what it takes has no place for such a text, so nothing shows that it goes"
        always_fails = bool(bearing)
        for rows in self._rows:
            for (text, value), result in zip(bearing, self._results([each for _, each in bearing], rows), strict=True):
                if isinstance(result, Failed):
                    continue
                always_fails = False
                if _bare(text) in _bare(shown(result)):
                    yield f"no-leak {category}: given     {short(value)}{_with(rows)}\n  got       {short(result)}"
        if always_fails:
            yield f"no-leak {category}: it fails on every value of this category, which shows nothing"

    def _bearing(self, texts: tuple[str, ...], category: str = "") -> list[tuple[str, Any]]:
        """Return each text with values that hold it in all their texts. Raises `BeyondBounds`."""
        size = self._shape.extent.size
        if size * sum(map(len, texts)) > MOST_ROOM:
            says = f"its type has {size:,} parts, which is too much to try so many texts in each of them"
            raise BeyondBounds(f"{category or TOTAL}: {says}; test it with a smaller type, or with fewer texts")
        return list(bearers(self._shape, texts, category))

    def _changes_again(self) -> Iterator[str]:
        output = self._known.output
        if self._known.operator != "map" or output is None or not fits(output, self._shape):
            yield f"{IDEMPOTENT}: this is asked of a `map` whose result has the type of its input"
            return
        for rows in self._rows:
            once = [each for each in self._results(self._samples(), rows) if not isinstance(each, Failed)]
            for first, second in zip(once, self._results(once, rows), strict=True):
                if isinstance(second, Failed):
                    yield f"{IDEMPOTENT}: given     {short(first)}{_with(rows)}\n  got       it fails: {second.why}"
                elif shown(first) != shown(second):
                    yield f"{IDEMPOTENT}: given     {short(first)}{_with(rows)}\n  got       {short(second)}"

    def _samples(self) -> list[Any]:
        given = [each.given for each in self._fit if not each.fails]
        texts = tuple(text for category in self._known.removes for text in NOBODYS.get(category, ()))
        return given + [value for _, value in self._bearing((*texts, *STUMBLING))]

    def _fails_on_text(self) -> Iterator[str]:
        bearing = [value for _, value in self._bearing(STUMBLING)]
        if not bearing:
            yield f"{TOTAL}: its input has no text"
        for rows in self._rows:
            for value, result in zip(bearing, self._results(bearing, rows), strict=True):
                if isinstance(result, Failed):
                    yield f"{TOTAL}: given     {short(value)}{_with(rows)}\n  got       it fails: {result.why}"

    def _results(self, values: Sequence[Any], rows: Rows) -> list[Any]:
        """Return what is put out for each value: a filter puts out the value itself, or nothing."""
        answers = self._called.on([(None, each, rows) for each in values])
        if self._known.operator != "filter":
            return answers
        return [value if answer is True else answer for value, answer in zip(values, answers, strict=True)]


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _with(rows: Rows) -> str:
    return f" with {short(rows)}" if rows else ""


def _bare(text: str) -> str:
    """Return the letters and digits of a text: what only changes the signs between them hides nothing."""
    return "".join(filter(str.isalnum, text)).casefold()
