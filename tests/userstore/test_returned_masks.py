"""Masked values that come back in a write: known by the mark that went beside them, and by nothing else."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from governance.errors import Conflict, Invalid
from governance.identities import Caller
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE, given
from tests.userstore.test_visibility import NAME, Office
from userstore.actions.accessors import OutputSpec
from userstore.actions.subjects import create_subject_with
from userstore.marks import is_as_shown, is_of, marks_of
from userstore.writing.batch import EACH, NEWCOMERS, BatchCall, BatchItem, execute_batch

pytestmark = pytest.mark.django_db

HIDDEN = "*" * 8


class Counter(Office):
    """The office with numbers beside the names; the desk is shown both masked, the lead both plain."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.numbers = self.phones()
        self.ada, self.ben = self.people
        self.lead, self.desk, self.guest = (self.operator(group) for group in ("lead", "desk", "guest"))
        self.accessor = self.getter(
            OutputSpec(self.name, visibility=self.rules),
            OutputSpec(self.numbers, visibility=self.rules),
            OutputSpec(self.age, visibility=self.rules),
            UUID("b1d12a3e-dbf7-4405-b5fc-7e3919d8e089"),
        )
        self.set_name, self.set_age = self.setter(self.name), self.setter(self.age)
        self.set_numbers = self.setter(self.numbers)
        several = {"value": ["+49 151 5550101", "+49 151 5550102"], "purpose_additions": given("authentication")}
        self.write(self.set_numbers, self.ada, {"phone": several})

    def seen(self, of: UUID, caller: Caller) -> tuple[dict[str, str], dict[str, str]]:
        """A row and its marks."""
        rows = self.rows(self.accessor, [[str(of)]], caller=caller)
        return rows.rows[0], dict(rows.marks[0]) if rows.marks else {}

    def back(self, column: str, value: Any, mark: str | None, *, to: UUID | None = None) -> None:
        setters = {"nick": self.set_name, "age": self.set_age, "phone": self.set_numbers}
        change = {"value": value, "mark": mark, "purpose_additions": given("authentication")}
        self.write(setters[column], to or self.ada, {column: change})

    def stored(self, column: str = "nick", of: UUID | None = None) -> Any:
        return self.seen(of or self.ada, self.lead)[0].get(column)


begun, counter = beginning(Counter)


def test_what_was_masked_comes_back_and_what_is_stored_stays(counter: Counter) -> None:
    row, marks = counter.seen(counter.ada, counter.desk)
    assert (row["nick"], set(marks)) == (HIDDEN, {"nick", "phone", "age"})
    for column in marks:
        before = counter.stored(column)
        counter.back(column, row[column], marks[column])
        assert counter.stored(column) == before
    assert counter.stored() == NAME
    assert json.loads(counter.stored("phone")) == ["+49 151 5550101", "+49 151 5550102"]


def test_what_was_not_shown_at_all_comes_back_blank_and_stays(counter: Counter) -> None:
    row, marks = counter.seen(counter.ada, counter.guest)
    for column in marks:
        before = counter.stored(column)
        counter.back(column, row[column], marks[column])
        counter.back(column, None, marks[column])
        assert counter.stored(column) == before


def test_what_is_shown_plain_has_no_mark(counter: Counter) -> None:
    assert counter.seen(counter.ada, counter.lead)[1] == {}


def test_a_new_value_is_stored_whatever_it_looks_like(counter: Counter) -> None:
    _, marks = counter.seen(counter.ada, counter.desk)
    counter.back("nick", "A*a", marks["nick"])
    assert counter.stored() == "A*a"
    counter.back("nick", HIDDEN, None)  # without a mark it is a name like any other
    assert counter.stored() == HIDDEN
    counter.back("age", 37, counter.seen(counter.ada, counter.guest)[1]["age"])
    assert counter.stored("age") == "37"


def test_a_mark_counts_for_its_person_and_its_column_alone(counter: Counter) -> None:
    row, marks = counter.seen(counter.ada, counter.desk)
    for column, value, mark, refused in (
        ("nick", row["nick"], marks["nick"], Conflict),
        ("nick", "Bea", marks["nick"], Conflict),
        ("nick", row["nick"], marks["age"], Conflict),
    ):
        with pytest.raises(refused, match="was not given"):
            counter.back(column, value, mark, to=counter.ben)
    with pytest.raises(Conflict, match="was not given"):
        counter.back("nick", row["nick"], "0" * 64)
    for bad in ("x", 7, "G" * 64):
        with pytest.raises(Invalid, match="no mark"):
            counter.back("nick", row["nick"], bad)  # type: ignore[arg-type]  # what a client may send
    assert counter.stored(of=counter.ben) == "Ben Example"


def test_changed_values_of_an_array_are_refused_with_their_mark(counter: Counter) -> None:
    row, marks = counter.seen(counter.ada, counter.desk)
    changed = [*json.loads(row["phone"])[:1], "+49 151 5550103"]
    with pytest.raises(Invalid, match="all of them"):
        counter.back("phone", changed, marks["phone"])
    single = {"value_additions": ["+49 151 5550103"], "purpose_additions": given("authentication")}
    with pytest.raises(Invalid, match="whole value"):
        counter.write(counter.set_numbers, counter.ada, {"phone": {**single, "mark": marks["phone"]}})
    counter.write(counter.set_numbers, counter.ada, {"phone": single})
    assert len(json.loads(counter.stored("phone"))) == 3


def test_nobody_begins_with_a_masked_value(counter: Counter) -> None:
    _, marks = counter.seen(counter.ada, counter.desk)
    change = {"nick": {"value": HIDDEN, "mark": marks["nick"], "purpose_additions": given("authentication")}}
    with pytest.raises(Conflict, match="was not given"):
        create_subject_with(
            counter.service, mutator_id=counter.set_name, row_data=change, context=HERE, now=timezone.now()
        )
    items = [BatchItem([str(person)], change) for person in (uuid4(), counter.ada, counter.ben)]
    call = BatchCall(counter.service, counter.set_name, items, EACH, HERE, unknown=NEWCOMERS)
    done, _ = execute_batch(call, now=timezone.now())
    assert [type(each) for each in done] == [Conflict, list, Conflict]
    assert (counter.stored(), counter.stored(of=counter.ben)) == (NAME, "Ben Example")


TEXTS = st.lists(st.text(max_size=5), max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)  # it is only looked at
@drawn(TEXTS, TEXTS, st.lists(st.uuids(), min_size=4, max_size=4, unique=True))
def test_a_mark_is_good_for_exactly_what_it_was_made_for(
    counter: Counter, shown: list[str], other: list[str], ids: list[UUID]
) -> None:
    column, subject, *others = ids
    home = counter.environment.id
    (mark,) = marks_of(home, column, [subject], [shown])
    assert is_as_shown(mark, home, column, other) == (shown == other)
    assert is_of(mark, home, column, subject)
    assert not is_of(mark, home, others[0], subject)
    assert not is_of(mark, home, column, others[1])
