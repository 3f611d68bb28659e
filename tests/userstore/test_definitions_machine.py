"""Definitions come, change and go in any order, with data present: nothing is orphaned, every accessor runs.

A random walk over data types, columns, accessors, mutators, purposes and writes. Every step may be refused with a
reason; what went through has to leave a store in which all that is defined works and every value is where it belongs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from governance.actions.purposes import define_purpose, retire_purpose
from governance.errors import Conflict, Invalid, NotFound
from governance.models import Purpose
from keyring.walls import in_environment
from tests.userstore.phonebook import ALLOW, HERE, PhoneBook
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor, republish_accessor, retire_accessor
from userstore.actions.builtin import GET_USERS, UPDATE_USER
from userstore.actions.columns import ColumnSpec, change_column, define_column, retire_column, spec_of
from userstore.actions.datatypes import (
    DataTypeSpec,
    FieldSpec,
    change_data_type,
    define_data_type,
    retire_data_type,
)
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator, republish_mutator, retire_mutator
from userstore.models import Accessor, AccessorColumn, Column, DataTypeDefinition, Mutator, MutatorColumn, Token, Value
from userstore.selectors import parse
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

pytestmark = pytest.mark.django_db

NAMES = st.sampled_from(["a", "b", "B", "c", "d"])
NUMBERS = st.integers(0, 2**31)
TEXTS = st.sampled_from(["1", "12", "555-0101", "+49 151 5550199"])
FIELDS = (FieldSpec("City", "string"), FieldSpec("Zip", "integer", ignore_for_uniqueness=True))


class Definitions(RuleBasedStateMachine):
    """One environment with one subject, and what each column should hold of them."""

    @initialize()
    def open_book(self) -> None:
        self.book = PhoneBook()
        self.subject = self.book.subject()
        self.expected: dict[int, list[Any]] = {}

    # --- Steps ---

    @rule(name=NAMES, with_id=st.booleans(), fields=st.integers(1, 2))
    def define_a_data_type(self, name: str, with_id: bool, fields: int) -> None:
        with self.refusable():
            define_data_type(self.book.system, spec=DataTypeSpec(name, "any", FIELDS[:fields], with_id))

    @rule(pick=NUMBERS, name=NAMES, fields=st.integers(1, 2))
    def change_a_data_type(self, pick: int, name: str, fields: int) -> None:
        row = self.one_of(DataTypeDefinition, pick, is_system=False)
        if row is not None:
            with self.refusable():
                change_data_type(
                    self.book.system, public_id=row.public_id, spec=DataTypeSpec(name, "other", FIELDS[:fields])
                )

    @rule(pick=NUMBERS)
    def retire_a_data_type(self, pick: int) -> None:
        row = self.one_of(DataTypeDefinition, pick, is_system=False)
        if row is not None:
            with self.refusable():
                retire_data_type(self.book.system, public_id=row.public_id)

    @rule(name=NAMES, pick=NUMBERS, shape=st.integers(0, 63), index=st.sampled_from(["none", "indexed", "unique"]))
    def define_a_column(self, name: str, pick: int, shape: int, index: str) -> None:
        kind = self.one_of(DataTypeDefinition, pick)
        flags = ("is_array", "unique_required", "unique_id_required", "immutable_required", "partial_updates")
        asked = {flag: bool(shape >> bit & 1) for bit, flag in enumerate(flags)}
        with self.refusable():
            spec = ColumnSpec(name, kind.name if shape >> 5 & 1 else "string", index_type=index, **asked)
            define_column(self.book.system, spec=spec)

    @precondition(lambda self: self.one_of(Column, 0, is_system=False) is not None)
    @rule(pick=NUMBERS, name=NAMES, index=st.sampled_from(["none", "indexed"]))
    def change_a_column(self, pick: int, name: str, index: str) -> None:
        column = self.one_of(Column, pick, is_system=False)
        with self.refusable(), in_environment(self.book.environment.id):
            spec = spec_of(Column.objects.get(pk=column.pk))
        changed = {f: getattr(spec, f) for f in spec.__slots__} | {"name": name, "index_type": index}
        with self.refusable():
            change_column(self.book.system, public_id=column.public_id, spec=ColumnSpec(**changed))

    @precondition(lambda self: self.one_of(Column, 0, is_system=False) is not None)
    @rule(pick=NUMBERS)
    def retire_a_column(self, pick: int) -> None:
        column = self.one_of(Column, pick, is_system=False)
        with self.refusable():
            retire_column(self.book.system, public_id=column.public_id)
            self.expected.pop(column.pk, None)

    @rule(name=NAMES, pick=NUMBERS, select=NUMBERS, purpose=NUMBERS, again=st.booleans())
    def publish_an_accessor(self, name: str, pick: int, select: int, purpose: int, again: bool) -> None:
        spec = AccessorSpec(
            name=name,
            selector=self.selector(select),
            columns=tuple({OutputSpec(self.one_of(Column, pick + n).public_id) for n in range(1 + pick % 2)}),
            purposes=(self.book.purposes["authentication"].public_id, *self.own_purposes(purpose)),
            access_policy=ALLOW,
        )
        stored = self.one_of(Accessor, pick, is_system=False) if again else None
        with self.refusable():
            if stored is None:
                publish_accessor(self.book.system, spec=spec)
            else:
                republish_accessor(self.book.system, public_id=stored.public_id, spec=spec)

    @rule(name=NAMES, pick=NUMBERS, select=NUMBERS, again=st.booleans())
    def publish_a_mutator(self, name: str, pick: int, select: int, again: bool) -> None:
        columns = {self.one_of(Column, pick + n).public_id for n in range(1 + pick % 2)}
        spec = MutatorSpec(name, self.selector(select), tuple(map(InputSpec, columns)), ALLOW)
        stored = self.one_of(Mutator, pick, is_system=False) if again else None
        with self.refusable():
            if stored is None:
                publish_mutator(self.book.system, spec=spec)
            else:
                republish_mutator(self.book.system, public_id=stored.public_id, spec=spec)

    @rule(pick=NUMBERS, of_accessor=st.booleans())
    def retire_a_method(self, pick: int, of_accessor: bool) -> None:
        model: Any = Accessor if of_accessor else Mutator
        method = self.one_of(model, pick, is_system=False)
        if method is not None:
            retire = retire_accessor if of_accessor else retire_mutator
            retire(self.book.system, public_id=method.public_id)

    @rule(name=st.sampled_from(["p", "q"]), leave=st.booleans())
    def define_or_retire_a_purpose(self, name: str, leave: bool) -> None:
        with in_environment(self.book.environment.id):
            found = Purpose.objects.filter(name=name).first()
        with self.refusable():
            if leave and found is not None:
                retire_purpose(self.book.system, public_id=found.public_id)
            else:
                define_purpose(self.book.system, name=name, legal_basis="consent")

    @precondition(lambda self: self.one_of(Mutator, 0, is_system=False) is not None)
    @rule(pick=NUMBERS, text=TEXTS, count=st.integers(0, 2))
    def write(self, pick: int, text: str, count: int) -> None:
        mutator = self.one_of(Mutator, pick, is_system=False, selector="{id} = ANY (?)")
        if mutator is None:
            return
        with in_environment(self.book.environment.id):
            columns = [row.column for row in MutatorColumn.objects.filter(mutator=mutator).select_related("column")]
        values = {column.pk: self.values_for(column, text, count) for column in columns}
        changes = {
            column.name: {
                "value": values[column.pk] if column.is_array else (values[column.pk] or [None])[0],
                "purpose_additions": [{"name": "authentication"}],
            }
            for column in columns
        }
        with self.refusable():
            call = MutatorCall(self.book.service, mutator.public_id, [[str(self.subject)]], changes, HERE)
            execute_mutator(call, now=timezone.now())
            self.expected.update(values)

    # --- What holds ---

    @rule()
    def look(self) -> None:
        with in_environment(self.book.environment.id):
            columns = {column.pk: column for column in Column.objects.all()}
            kinds = set(DataTypeDefinition.objects.values_list("name", flat=True))
            assert {column.data_type for column in columns.values()} <= kinds
            for model in (Value, AccessorColumn, MutatorColumn, Token):
                assert set(model.objects.values_list("column_id", flat=True)) <= columns.keys(), model.__name__
            named = AccessorColumn.objects.filter(accessor__public_id=GET_USERS).values_list("column_id", flat=True)
            assert set(named) == columns.keys()
            written = MutatorColumn.objects.filter(mutator__public_id=UPDATE_USER).values_list("column_id", flat=True)
            assert set(written) == {pk for pk, c in columns.items() if not (c.is_system or c.immutable_required)}
            accessors, mutators = list(Accessor.objects.all()), list(Mutator.objects.all())
            names = {column.name.lower() for column in columns.values()}
        for method in (*accessors, *mutators):
            assert {name.lower() for name in parse(method.selector).columns} <= names
        for accessor in accessors:
            self.book.rows(accessor.public_id, self.values_of(accessor.selector))
        self.everything_is_readable(columns)

    def teardown(self) -> None:
        if hasattr(self, "expected"):
            self.look()

    def everything_is_readable(self, columns: dict[int, Column]) -> None:
        stored = [column for pk, column in columns.items() if self.expected.get(pk)]
        if not stored:
            return
        reader = self.book.getter(*(column.public_id for column in stored), purposes=("authentication",), policy=ALLOW)
        row = self.book.rows(reader, [[str(self.subject)]]).rows[0]
        for column in stored:
            text = row[column.name]
            found = json.loads(text) if column.is_array else [text]
            assert [_plain(each) for each in found] == [_plain(each) for each in self.expected[column.pk]], column.name
        retire_accessor(self.book.system, public_id=reader)

    # --- Tools ---

    @contextmanager
    def refusable(self) -> Iterator[None]:
        """A step may be refused, with a reason, and by nothing else."""
        with suppress(Conflict, Invalid, NotFound):
            yield

    def one_of(self, model: Any, pick: int, **where: Any) -> Any:
        with in_environment(self.book.environment.id):
            found = list(model.objects.filter(**where).order_by("pk"))
        return found[pick % len(found)] if found else None

    def own_purposes(self, pick: int) -> tuple[UUID, ...]:
        found = self.one_of(Purpose, pick, name__in=["p", "q"]) if pick % 3 == 0 else None
        return (found.public_id,) if found else ()

    def selector(self, pick: int) -> str:
        column = self.one_of(Column, pick, is_system=False)
        if column is None:
            return "{id} = ANY (?)"
        field = "->>'CITY'" if column.data_type in {"a", "b", "B", "c", "d"} else ""
        is_comparable = field or column.data_type in {"string", "integer", "phonenumber"}
        compared = f"{{{column.name.swapcase()}}}{field} = ? OR " if is_comparable else ""
        by_value = f"{compared}{{{column.name}}} IS NULL"
        return ("{id} = ANY (?)", "{id} = ANY (?)", by_value)[pick % 3]

    def values_of(self, selector: str) -> list[Any]:
        return [[str(self.subject)]] if "ANY" in selector else ["1"] * selector.count("?")

    def values_for(self, column: Column, text: str, count: int) -> list[Any]:
        with in_environment(self.book.environment.id):
            kind = DataTypeDefinition.objects.get(name=column.data_type)
        if kind.fields:
            several: list[Any] = [{"city": f"{text}{n}", "id": f"{n}"} for n in range(count)]
            if not kind.include_id or kind.is_system:
                several = [{kind.fields[0]["name"].lower(): f"{text}{n}"} for n in range(count)]
        else:
            several = [f"{text}{n}" for n in range(count)]
        return several if column.is_array else several[:1]


def _plain(value: Any) -> Any:
    """A value without an id that the server made."""
    parsed = json.loads(value) if isinstance(value, str) and value.startswith("{") else value
    return {k: v for k, v in parsed.items() if k != "id"} if isinstance(parsed, dict) else str(parsed)


def walk(*, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Definitions,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_definitions_come_and_go_in_any_order_and_all_that_is_left_works() -> None:
    walk(examples=4, steps=25)


@pytest.mark.nightly
def test_definitions_come_and_go_in_long_walks() -> None:
    walk(examples=60, steps=60)
