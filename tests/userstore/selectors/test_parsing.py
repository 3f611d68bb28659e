from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.userstore.selectors.generated import CLAUSES, TYPES, Compared, IsNull, Joined, Negated, written
from userstore.selectors import Selector, SelectorError, bind, parse, typed
from userstore.selectors import syntax as ast


def shape(clause: Any) -> Any:
    """What a generated clause must look like when it is read back."""
    match clause:
        case IsNull(column, negated):
            return ("null", column, negated)
        case Negated(part):
            return ("not", shape(part))
        case Joined(word, parts):
            return (word, *map(shape, parts))
        case Compared(column, function, operator, values, listed, bound):
            count = "list" if listed and bound else len(values)
            return (column, function and function[0], operator, listed, count)
    raise AssertionError(clause)


def shape_read(clause: ast.Clause | None) -> Any:
    match clause:
        case ast.NullTest(ast.Column(name), negated):
            return ("null", name, negated)
        case ast.Not(part):
            return ("not", shape_read(part))
        case ast.And(parts) | ast.Or(parts):
            return ("AND" if isinstance(clause, ast.And) else "OR", *map(shape_read, parts))
        case ast.Comparison(left, operator, right, any_of):
            function = left.function if isinstance(left, ast.Call) else None
            column = left.argument if isinstance(left, ast.Call) else left
            count = len(right.items) if isinstance(right, ast.Array) else "list" if any_of else 1
            assert isinstance(column, ast.Column)
            return (column.name, function, str(operator), any_of, count)
    raise AssertionError(clause)


def logic(text: str) -> Any:
    return shape_read(parse(text).clause)


A, B, C = ((name, None, "=", False, 1) for name in "abc")


@settings(max_examples=400, deadline=None)
@given(CLAUSES)
def test_a_selector_that_was_written_is_read_back(clause: Any) -> None:
    text, values = written(clause)
    selector = parse(text)
    assert shape_read(selector.clause) == shape(clause)
    assert selector.placeholders == len(values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a}=1 OR {b}=2 AND {c}=3", ("OR", A, ("AND", B, C))),
        ("{a}=1 AND {b}=2 OR {c}=3", ("OR", ("AND", A, B), C)),
        ("({a}=1 OR {b}=2) AND {c}=3", ("AND", ("OR", A, B), C)),
        ("NOT {a}=1 AND {b}=2", ("AND", ("not", A), B)),
        ("not({a}=1 and {b}=2)", ("not", ("AND", A, B))),
        ("! {a} = ? or {b} = ?", ("OR", ("not", A), B)),
        ("NOT NOT {a}=1", ("not", ("not", A))),
        ("(({a}=((1))))", A),
        ("{a} = '?'", A),
        ("{a}='it''s'", A),
        ("\n{a}\t=\r-1", A),
    ],
)
def test_not_binds_before_and_and_before_or(text: str, expected: Any) -> None:
    assert logic(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{id} = ANY (?)",
        "{id}=ANY(?)",
        "{id} = any ?",
        "{a} ILIKE ANY ARRAY['x', ?, ('y')]",
        "{a} = ANY (ARRAY[1,2])",
        "{array}->>'street_address' LIKE (?) AND {phone} = (?)",
        "{ok} = 1::BOOL OR {ok} = TRUE",
        "{n} = +5::INTEGER",
        "{seen} > '2031-05-17'::DATE",
        "LOWER(UPPER({a})) = 'x'",
        "DATE_PART(?, {seen}) = ? AND DATE_TRUNC(('month'), {seen}) = ?",
        "MOD(ABS({n}), ?) = 0 OR DIV({n}, (2)) = 1",
        "{a-b_1} IS NOT NULL",
        "ALL",
        " all ",
    ],
)
def test_everything_the_grammar_of_the_wire_contract_allows_is_read(text: str) -> None:
    assert isinstance(parse(text), Selector)


def test_a_selector_knows_its_columns_in_order_and_its_placeholders() -> None:
    selector = parse("{phone} = ? AND ({Name} LIKE ? OR {PHONE} = ANY (?)) AND {id} IS NOT NULL")
    assert (selector.columns, selector.placeholders) == (("phone", "Name", "id"), 3)
    assert (parse("ALL").columns, parse("ALL").placeholders, parse("ALL").clause) == ((), 0, None)


@pytest.mark.parametrize(
    ("text", "position", "remedy"),
    [
        ("", 1, "ALL for everybody"),
        ("   ", 4, "ALL for everybody"),
        ("{a} =", 6, "write ?"),
        ("{a} = 1 AND", 12, "write a comparison"),
        ("{a} = 1 {b} = 2", 9, "AND or OR"),
        ("{a} = 1)", 8, "AND or OR"),
        ("({a} = 1", 9, "put ) here"),
        ("{a b} = 1", 1, "written {name}"),
        ("{a} = 'x", 7, "close the quoted text"),
        ('{a} = "x"', 7, "quote a text with '"),
        ("{a} = 1.5", 8, "numbers are whole"),
        ("{a} = 1; DROP TABLE x", 8, "one condition"),
        ("{a} = Alice", 7, "write ?"),
        ("{a} = NULL", 7, "IS NULL"),
        ("{a} <> 1", 6, "write ?"),
        ("{a} IN (1)", 5, "= ANY (?)"),
        ("{a} NOT LIKE 'x'", 5, "before the whole comparison"),
        ("{a} BETWEEN 1 AND 2", 5, "two comparisons"),
        ("{a} IS TRUE", 8, "IS NULL"),
        ("{a} = {b}", 7, "write ?"),
        ("{a} = ARRAY[1]", 7, "= ANY ARRAY"),
        ("{a} = ANY 1", 11, "= ANY (?)"),
        ("{a} = ANY ARRAY[]", 17, "write ?"),
        ("{a} = ANY ARRAY[1", 18, "put ] here"),
        ("{a}->>b = 1", 7, "{address}->>'street'"),
        ("{a} = 1::", 10, "'2031-05-17'::DATE"),
        ("TRIM({a}) = 'x'", 1, "LOWER"),
        ("DATE_PART({a}, 'day') = 1", 11, "write ?"),
        ("ALL OR {a} = 1", 5, "stands alone"),
        ("{a} = 1 OR ALL", 12, "stands alone"),
        ("{a} = '\ud800'", 8, "Unicode"),
    ],
)
def test_a_text_that_is_no_selector_is_refused_at_its_place(text: str, position: int, remedy: str) -> None:
    with pytest.raises(SelectorError) as error:
        parse(text)
    assert error.value.position == position
    assert remedy in error.value.remedy
    assert f"at character {position}" in str(error.value)
    assert "Alice" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["(" * 51 + "{a}=1" + ")" * 51, "NOT " * 51 + "{a}=1", "ABS(" * 51 + "{a}" + ")" * 51 + "=1", "{a}=" + "(" * 51],
)
def test_a_selector_is_at_most_fifty_levels_deep(text: str) -> None:
    with pytest.raises(SelectorError, match="nested too deeply"):
        parse(text)


def test_fifty_levels_and_four_kilobytes_are_read() -> None:
    parse("(" * 50 + "{a}=1" + ")" * 50)
    parse("{a}='" + "x" * 4090 + "'")
    with pytest.raises(SelectorError, match="too long"):
        parse("{a}='" + "ë" * 2046 + "'")


TOKENS = (
    *("{id}", "{name}", "{age}", "=", "!=", "<", "LIKE", "ANY", "ARRAY", "[", "]", "(", ")", "?", ",", "'x'", "1"),
    *("AND", "OR", "NOT", "IS", "NULL", "ALL", "LOWER", "MOD", "DATE_PART", "::", "BOOL", "TRUE", "->>", "ILIKE"),
)


@settings(max_examples=1000, deadline=None)
@given(
    st.text()
    | st.text(alphabet="{}ab='?()!<>-:;,[] ")
    | st.lists(
        st.sampled_from(TOKENS),
        max_size=14,
    ).map(" ".join)
)
def test_random_text_is_read_or_refused_inside_itself(text: str) -> None:
    try:
        selector = parse(text)
        bind(typed(selector, TYPES), ["1"] * selector.placeholders)
    except SelectorError as error:
        assert 1 <= error.position <= len(text) + 1
        assert error.message and error.remedy


def test_renaming_a_column_leaves_literals_and_other_columns_alone() -> None:
    selector = parse("{phone} = '{phone}' AND {phone2} = ? OR LOWER({Phone}) = 'phone'")
    renamed = selector.rename("phone", "mobile-1")
    assert renamed == "{mobile-1} = '{phone}' AND {phone2} = ? OR LOWER({mobile-1}) = 'phone'"
    assert parse(renamed).columns == ("mobile-1", "phone2")


@pytest.mark.parametrize("new", ["", "a b", "a} = 1 OR {b", "x" * 5000])
def test_a_name_that_would_change_the_selector_is_refused(new: str) -> None:
    with pytest.raises(SelectorError):
        parse("{phone} = ?").rename("phone", new)
