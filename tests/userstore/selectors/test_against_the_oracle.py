from __future__ import annotations

from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.userstore.selectors.generated import CLAUSES, LOOKUPS, SUBJECTS, TYPES, written
from tests.userstore.selectors.oracle import like, mentioned, selected
from userstore.datatypes import DATA_TYPES
from userstore.selectors import (
    Both,
    BoundSelector,
    ById,
    ByIndex,
    Either,
    Everyone,
    Narrowing,
    Nobody,
    bind,
    parse,
    typed,
)
from userstore.selectors.like import pattern


def bound(clause: Any) -> BoundSelector:
    text, values = written(clause)
    return bind(typed(parse(text), TYPES), values)


def found(plan: Narrowing, subject: dict[str, list[Any]]) -> bool:
    """Looks the subject up as the store does: by id, or by the index forms of its elements."""
    match plan:
        case Everyone():
            return True
        case Nobody():
            return False
        case ById(ids):
            return subject["id"][0] in ids
        case ByIndex(column, _, forms):
            return any(TYPES[column].index_form(element) in forms for element in subject.get(column, []))
        case Both(parts):
            return all(found(part, subject) for part in parts)
        case Either(parts):
            return any(found(part, subject) for part in parts)


@settings(max_examples=600, deadline=None)
@given(CLAUSES | LOOKUPS, st.lists(SUBJECTS, min_size=1, max_size=6))
def test_a_selector_matches_whom_brute_force_over_plaintext_selects(clause: Any, subjects: list[dict]) -> None:
    selector = bound(clause)
    for subject in subjects:
        expected = selected(clause, subject)
        event(f"selected: {expected}")
        assert selector.matches(subject) is expected


@settings(max_examples=600, deadline=None)
@given(CLAUSES | LOOKUPS, st.lists(SUBJECTS, min_size=1, max_size=6))
def test_narrowing_never_misses_a_subject_the_selector_matches(clause: Any, subjects: list[dict]) -> None:
    selector = bound(clause)
    plan = selector.narrow()
    event(f"plan: {type(plan).__name__}")
    for subject in subjects:
        if selected(clause, subject):
            assert found(plan, subject)
            assert found(selector.narrow(unindexed=set(TYPES)), subject)


@settings(max_examples=300, deadline=None)
@given(CLAUSES, SUBJECTS)
def test_columns_that_are_not_read_may_be_left_sealed(clause: Any, subject: dict[str, list[Any]]) -> None:
    selector = bound(clause)
    sealed = {
        column: elements if column in selector.columns_read or column == "id" else ["sealed" for _ in elements]
        for column, elements in subject.items()
    }
    assert selector.matches(sealed) is selected(clause, subject)
    assert selector.columns_read <= mentioned(clause) == set(selector.columns)


@given(st.text(alphabet="ab%_\\", max_size=8), st.text(alphabet="ab%_\\", max_size=12))
@settings(max_examples=1000, deadline=None)
def test_like_decides_as_its_definition_does(text: str, given_pattern: str) -> None:
    if (len(given_pattern) - len(given_pattern.rstrip("\\"))) % 2:
        given_pattern += "\\"
    read = pattern(given_pattern, ignore_case=False)
    assert read.matches(text) is like(text, given_pattern)
    if read.only is not None:
        assert read.matches(text) is (text == read.only)


def test_the_oracle_and_the_types_agree_on_what_is_equal() -> None:
    assert DATA_TYPES["phonenumber"].fold("555-0123") == "5550123"
