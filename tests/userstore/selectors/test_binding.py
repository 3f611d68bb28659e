from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from tests.userstore.selectors.generated import TYPES
from userstore.selectors import (
    Both,
    BoundSelector,
    ById,
    ByIndex,
    Either,
    Everyone,
    Nobody,
    SelectorError,
    SelectorTooCostly,
    bind,
    bind_ids,
    parse,
    reads_only_ids,
    typed,
)

ONE, TWO = UUID(int=1), UUID(int=2)
MARK = "marked-4711"


def bound(text: str, *values: object) -> BoundSelector:
    return bind(typed(parse(text), TYPES), values)


@pytest.mark.parametrize(
    ("text", "position", "message", "remedy"),
    [
        ("{nmae} = 'x'", 1, "no column {nmae}", "{name}"),
        ("{age} = 1 AND {zzz} = 1", 15, "no column {zzz}", "defined"),
        ("{age} LIKE '1%'", 1, "LIKE does not fit", "= or !="),
        ("{ok} < TRUE", 1, "< does not fit", "= or !="),
        ("LOWER({age}) = 'x'", 7, "LOWER does not take", "string"),
        ("ABS(LOWER({name})) = 1", 5, "ABS does not take", "integer"),
        ("{age} = 'marked-4711'", 9, "does not fit", "whole number"),
        ("{age} = TRUE", 9, "not of type integer", "integer"),
        ("{name} = 42", 10, "not of type string", "string"),
        ("{born} = '2031-05-17'::TIMESTAMP", 10, "not of type date", "date"),
        ("{age} = '1'::MONEY", 9, "no such type", "INTEGER"),
        ("{age} = ANY ARRAY[1, 'marked-4711']", 22, "does not fit", "whole number"),
        ("{name} LIKE 'marked-4711\\'", 13, "does not fit", "backslash"),
        ("MOD({age}, 0) = 1", 12, "does not fit", "other than zero"),
        ("DATE_PART('marked-4711', {born}) = 1", 11, "does not fit", "month"),
        ("DATE_TRUNC('dow', {born}) = '2031-05-17'", 12, "does not fit", "month"),
        ("{name}->>'street' = 'x'", 1, "has no fields", "composite"),
    ],
)
def test_a_selector_that_does_not_fit_its_columns_is_refused_at_its_place(
    text: str, position: int, message: str, remedy: str
) -> None:
    with pytest.raises(SelectorError) as error:
        typed(parse(text), TYPES)
    assert error.value.position == position
    assert message in error.value.message and remedy in error.value.remedy
    assert MARK not in repr(error.value) and MARK not in repr(error.value.__context__)


@pytest.mark.parametrize(
    ("text", "values", "message", "remedy"),
    [
        ("{age} = ?", [], "0 values for 1 placeholders", "one value for every ?"),
        ("{age} = ?", [1, 2], "2 values for 1 placeholders", "one value for every ?"),
        ("ALL", [1], "1 values for 0 placeholders", "one value for every ?"),
        ("{name} = ? AND {age} = ?", ["x", MARK], "placeholder 2", "whole number"),
        ("{age} = ?", [True], "placeholder 1", "whole number"),
        ("{age} = ?", [1.5], "placeholder 1", "whole number"),
        ("{age} = ?", [None], "placeholder 1", "IS NULL"),
        ("{age} = ?", [[1]], "placeholder 1", "= ANY (?)"),
        ("{name} = ?", [{"a": MARK}], "placeholder 1", "must be a text"),
        ("{age} = ANY (?)", [1], "placeholder 1", "list"),
        ("{age} = ANY (?)", [MARK], "placeholder 1", "list"),
        ("{age} = ANY (?)", ["[" * 100_000], "placeholder 1", "list"),
        ("{age} = ANY (?)", [[1, MARK]], "placeholder 1", "whole number"),
        ("{age} = ANY (?)", [[1, None]], "placeholder 1", "IS NULL"),
        ("{age} = ANY (?)", [[1] * 1501], "placeholder 1", "at most 1500"),
        ("{id} = ?", [MARK], "placeholder 1", "UUID"),
        ("{name} LIKE ?", [MARK + "\\"], "placeholder 1", "backslash"),
        ("{name} LIKE ?", ["x" * 1001], "placeholder 1", "at most 1000"),
        ("DATE_PART(?, {born}) = 1", [MARK], "placeholder 1", "month"),
        ("MOD({age}, ?) = 1", [0], "placeholder 1", "other than zero"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_number_and_never_quoted(
    text: str, values: list[object], message: str, remedy: str
) -> None:
    with pytest.raises(SelectorError) as error:
        bound(text, *values)
    assert message in error.value.message and remedy in error.value.remedy
    assert 1 <= error.value.position <= len(text) + 1
    assert MARK not in repr(error.value) and MARK not in repr(error.value.__context__)


@pytest.mark.parametrize(
    ("text", "values", "subject", "expected"),
    [
        ("{age} = ?", ["42"], {"age": [42]}, True),
        ("{age} = ?", [42.0], {"age": [42]}, True),
        ("{AGE} = ANY (?)", ["[41, 42]"], {"age": [42]}, True),
        ("{age} = ANY (?)", [[]], {"age": [42]}, False),
        ("NOT {age} = ANY (?)", [[]], {}, True),
        ("NOT {age} = 1", [], {}, False),
        ("{age} IS NULL", [], {}, True),
        ("{age} IS NULL", [], {"age": []}, True),
        ("{ok} = ?", ["true"], {"ok": [True]}, True),
        ("{phone} = ?", ["+4915155501"], {"phone": ["+49 151 55501"]}, True),
        ("{phone} LIKE ?", ["+49 151%"], {"phone": ["+49 151 55501"]}, True),
        ("{phone} = ?", ["not a number"], {"phone": ["+49 151 55501"]}, False),
        ("{seen} >= ?", ["2031-05-17"], {"seen": [datetime(2031, 5, 17, tzinfo=UTC)]}, True),
        (
            "DATE_TRUNC(?, {seen}) = ?",
            ["week", "2031-05-12"],
            {"seen": [datetime(2031, 5, 17, 8, tzinfo=UTC)]},
            True,
        ),
        ("DATE_PART('epoch', {born}) = 86400", [], {"born": [date(1970, 1, 2)]}, True),
        ("DATE_PART('week', {born}) = 53", [], {"born": [date(2027, 1, 1)]}, True),
        ("{born} < ANY ARRAY['2000-01-01', '1990-01-01']", [], {"born": [date(1995, 1, 1)]}, True),
        ("ALL", [], {}, True),
        # Two comparisons of one column speak of the same element.
        ("{age} = 1 AND {age} = 2", [], {"age": [1, 2]}, False),
        ("{age} > 1 AND {age} < 3", [], {"age": [1, 2, 3]}, True),
        ("{age} = 1 AND ({name} = 'a' OR {age} = 2)", [], {"age": [1, 2], "name": ["b"]}, False),
    ],
)
def test_values_arrive_as_clients_send_them_and_the_selector_decides_as_sql_does(
    text: str, values: list[object], subject: dict[str, list[Any]], expected: bool
) -> None:
    assert bound(text, *values).matches(subject) is expected


@pytest.mark.parametrize(
    ("text", "values", "plan"),
    [
        ("ALL", [], Everyone()),
        ("{id} = ?", [str(ONE)], ById((ONE,))),
        ("{id} = ANY (?)", [json.dumps([str(ONE), str(TWO), str(ONE)])], ById((ONE, TWO))),
        ("{id} = ANY (?) AND {id} = ?", [[str(ONE), str(TWO)], str(TWO)], ById((TWO,))),
        ("{id} = ? AND {id} = ?", [str(ONE), str(TWO)], Nobody()),
        ("{id} = ANY (?)", [[]], Nobody()),
        ("{age} = 1", [], ByIndex("age", (1,), (b"1",))),
        ("{age} = 1 OR {age} = 2", [], ByIndex("age", (1, 2), (b"1", b"2"))),
        ("NOT {age} != 1", [], ByIndex("age", (1,), (b"1",))),
        ("NOT ({age} != 1 OR {name} = 'x')", [], ByIndex("age", (1,), (b"1",))),
        ("{age} != 1", [], Everyone()),
        ("{age} IS NULL", [], Everyone()),
        ("ABS({age}) = 1", [], Everyone()),
        ("{name} LIKE 'a%'", [], Everyone()),
        ("{name} LIKE 'a\\%'", [], ByIndex("name", ("a%",), (b"a%",))),
        ("{name} ILIKE 'a'", [], Everyone()),
        ("{age} = 1 OR {name} LIKE 'a%'", [], Everyone()),
        ("{seen} > '2031-05-17' AND {age} = 1", [], ByIndex("age", (1,), (b"1",))),
        (
            "{age} = 1 AND {name} = 'a'",
            [],
            Both((ByIndex("age", (1,), (b"1",)), ByIndex("name", ("a",), (b"a",)))),
        ),
        ("{id} = ? OR {age} = 1", [str(ONE)], Either((ById((ONE,)), ByIndex("age", (1,), (b"1",))))),
    ],
)
def test_a_plan_looks_up_what_can_be_looked_up(text: str, values: list[object], plan: object) -> None:
    assert bound(text, *values).narrow() == plan


def test_facts_about_the_subject_are_never_looked_up_in_the_blind_index() -> None:
    types = {**TYPES, "version": TYPES["age"]}
    selector = bind(typed(parse("{version} = 1 AND {age} = 2"), types), [])
    assert selector.narrow() == ByIndex("age", (2,), (b"2",))
    assert selector.columns_read == {"age"}


def test_only_columns_whose_content_decides_are_read() -> None:
    selector = bound("{id} = ? AND {phone} IS NOT NULL AND {name} = 'x'", str(ONE))
    assert selector.columns == ("id", "phone", "name")
    assert selector.columns_read == {"name"}


def test_a_bound_selector_shows_no_value() -> None:
    selector = bound("{name} = ? OR {name} LIKE 'marked-4711'", MARK)
    tree = typed(parse("{name} = 'marked-4711'"), TYPES)
    assert MARK not in repr((selector, selector.narrow(), selector.condition, tree, tree.condition))
    assert MARK not in repr(parse("{name} = 'marked-4711'").clause)


def test_many_elements_in_independent_columns_are_decided_at_once() -> None:
    selector = bound("{age} = 1 AND {name} = 'a' AND {mail} = 'a@x.test' AND {phone} = '1234'")
    subject = {"age": [*range(2000)], "name": ["a"] * 2000, "mail": ["a@x.test"] * 2000, "phone": ["555"] * 2000}
    began = time.perf_counter()
    assert not selector.matches(subject)
    assert time.perf_counter() - began < 1


def pigeons(*, columns: str, holes: int) -> BoundSelector:
    """Every column must take a number of its own."""
    pairs = itertools.combinations(columns, 2)
    text = "AND".join(f"({{{one}}}!={hole}OR{{{other}}}!={hole})" for one, other in pairs for hole in range(holes))
    return bind(typed(parse(text), dict.fromkeys(columns, TYPES["age"])), [])


def test_a_search_through_too_many_combinations_is_refused_rather_than_endless() -> None:
    selector = pigeons(columns="abcdefgh", holes=7)
    began = time.perf_counter()
    with pytest.raises(SelectorTooCostly) as error:
        selector.matches({column: list(range(7)) for column in "abcdefgh"})
    assert error.value.position == 1
    assert time.perf_counter() - began < 5


def test_a_search_through_few_combinations_finds_the_one_that_fits_or_none() -> None:
    selector = pigeons(columns="abcd", holes=4)
    assert selector.matches({column: list(range(4)) for column in "abcd"})
    assert not selector.matches({column: list(range(3)) for column in "abcd"})
    assert not selector.matches({"a": [1], "b": [1], "c": [2], "d": [3]})


def test_a_pattern_made_to_be_slow_is_not() -> None:
    selector = bound("{name} LIKE ?", "%" + "a_" * 20 + "b%" * 50 + "%c")
    began = time.perf_counter()
    assert not selector.matches({"name": ["a" * 200_000]})
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{id} = ?", str(ONE)),
        ("{ID} = (?)", ONE.hex.upper()),
        ("{id} = ANY (?)", [str(TWO), str(ONE), str(TWO)]),
        ("{id} = ANY (?)", json.dumps([str(ONE)])),
        ("{id} = ANY (?)", []),
    ],
)
def test_a_selector_of_ids_alone_binds_to_the_ids_that_its_tests_would_narrow_to(text: str, value: object) -> None:
    selector = typed(parse(text), TYPES)
    assert reads_only_ids(selector)
    narrowing = bind(selector, [value]).narrow()
    assert bind_ids(selector, [value]) == (narrowing.ids if isinstance(narrowing, ById) else ())


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{id} = ?", []),
        ("{id} = ?", [str(ONE), str(TWO)]),
        ("{id} = ?", [None]),
        ("{id} = ?", ["{00000000-0000-0000-0000-000000000001}"]),
        ("{id} = ?", [[str(ONE)]]),
        ("{id} = ?", [1]),
        ("{id} = ANY (?)", [str(ONE)]),
        ("{id} = ANY (?)", [[str(ONE), None]]),
        ("{id} = ANY (?)", [[MARK]]),
        ("{id} = ANY (?)", [[str(ONE)] * 100_001]),
    ],
)
def test_a_selector_of_ids_alone_refuses_in_the_same_words(text: str, values: list[object]) -> None:
    selector = typed(parse(text), TYPES)
    with pytest.raises(SelectorError) as slow:
        bind(selector, values)
    with pytest.raises(SelectorError) as fast:
        bind_ids(selector, values)
    assert fast.value.args == slow.value.args


@pytest.mark.parametrize(
    "text",
    ["ALL", "{id} != ?", "NOT {id} = ?", "{id} = ? OR {id} = ?", "{id} IS NULL", "{name} = ?", "{age} = ANY (?)"],
)
def test_only_the_id_compared_with_placeholders_is_bound_without_tests(text: str) -> None:
    assert not reads_only_ids(typed(parse(text), TYPES))
