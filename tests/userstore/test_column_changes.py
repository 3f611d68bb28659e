"""What a change of a column does to what rests on it: selectors, built-in methods, indexes, values, tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from governance.errors import Conflict
from governance.models import Revision
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import ALLOW, HERE, PhoneBook, given
from userstore.actions.accessors import OutputSpec, retire_accessor
from userstore.actions.builtin import GET_USERS, UPDATE_USER
from userstore.actions.columns import change_column, retire_column, spec_of
from userstore.actions.indexing import settle_indexes
from userstore.actions.mutators import retire_mutator
from userstore.models import Accessor, Column, Mutator, Token, Value
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

NUMBER = "+49 151 5550199"

begun, book = beginning(PhoneBook)


def changed(book: PhoneBook, column: UUID, **parts: Any) -> Column:
    with in_environment(book.environment.id):
        spec = spec_of(Column.objects.get(public_id=column))
    return change_column(book.system, public_id=column, spec=replace(spec, **parts))


def written(book: PhoneBook, setter: UUID, column: str, value: Any) -> UUID:
    subject = book.subject()
    book.write(setter, subject, {column: {"value": value, "purpose_additions": given("authentication")}})
    return subject


def versions(book: PhoneBook) -> tuple[int, int]:
    with in_environment(book.environment.id):
        return Accessor.objects.get(public_id=GET_USERS).version, Mutator.objects.get(public_id=UPDATE_USER).version


@pytest.mark.django_db
def test_a_new_name_is_written_into_every_selector_each_in_a_version_of_its_own(book: PhoneBook) -> None:
    column = book.column("Nick")
    finder = book.getter(column, selector="{NICK} = ? AND NOT {nick} = 'nick {Nick}'")
    by_id, setter = book.getter(column), book.setter(column)
    writer = book.setter(column, selector="{nick} = ?")
    subject = written(book, setter, "Nick", "ada")
    changed(book, column, name="alias")
    assert book.rows(finder, ["ada"]).rows == [{"alias": "ada"}]
    with in_environment(book.environment.id):
        found = Accessor.objects.get(public_id=finder)
        assert (found.selector, found.version) == ("{alias} = ? AND NOT {alias} = 'nick {Nick}'", 1)
        kept = Revision.objects.get(kind="accessor", public_id=finder, version=1)
        assert kept.body["selector"] == found.selector
        assert Accessor.objects.get(public_id=by_id).version == 0
        renamed = Mutator.objects.get(public_id=writer)
        assert (renamed.selector, renamed.version) == ("{alias} = ?", 1)
    assert book.rows(finder, ["ada"]).subject_ids == [subject]


@pytest.mark.django_db
def test_a_column_named_in_a_selector_in_other_letters_is_in_use(book: PhoneBook) -> None:
    column, other = book.column("Nick"), book.column("other")
    book.getter(other, selector="{nick} = ?")
    with pytest.raises(Conflict, match="is used by"):
        retire_column(book.system, public_id=column)


@pytest.mark.django_db
def test_the_built_in_methods_follow_what_matters_to_them(book: PhoneBook) -> None:
    before = versions(book)
    column = book.column("nick")
    assert versions(book) == (before[0] + 1, before[1] + 1)
    changed(book, column, default_value="nobody")
    changed(book, column, name="alias")
    assert versions(book) == (before[0] + 1, before[1] + 1)
    retire_column(book.system, public_id=column)
    assert versions(book) == (before[0] + 2, before[1] + 2)


@pytest.mark.django_db
def test_a_retired_column_takes_its_values_tokens_and_index_keys_with_it(book: PhoneBook) -> None:
    column = book.column("nick", index_type="indexed")
    setter = book.setter(column)
    written(book, setter, "nick", "ada")
    tokens = book.getter(OutputSpec(column, book.transformer("UUID"), ALLOW), selector="ALL")
    assert book.rows(tokens, []).rows
    retire_accessor(book.system, public_id=tokens)
    retire_mutator(book.system, public_id=setter)
    retire_column(book.system, public_id=column)
    with in_environment(book.environment.id):
        assert not Value.objects.exists()
        assert not Token.objects.exists()
        assert not WrappedKey.objects.filter(scope=str(column)).exists()


@pytest.mark.django_db(transaction=True)
def test_an_index_that_comes_later_is_filled_and_one_that_goes_is_cleared(book: PhoneBook) -> None:
    column = book.column("phone", "phonenumber")
    setter, finder = book.setter(column), book.getter(column, selector="{phone} = ?")
    subjects = [written(book, setter, "phone", number) for number in (NUMBER, "555-0101")]
    assert blinds(book) == [None, None]
    assert changed(book, column, index_type="indexed")
    assert is_settled(book, column)
    assert None not in blinds(book)
    assert book.rows(finder, ["+4915155 50199"]).subject_ids == subjects[:1]
    written(book, setter, "phone", "555-0102")
    assert None not in blinds(book)
    changed(book, column, index_type="none")
    assert is_settled(book, column)
    assert blinds(book) == [None] * 3
    assert book.rows(finder, [NUMBER]).subject_ids == subjects[:1]
    changed(book, column, search_indexed=True)
    assert book.rows(finder, ["5550102"]).rows == [{"phone": "555-0102"}]


@pytest.mark.django_db
def test_until_an_index_is_settled_look_ups_go_without_it_and_a_later_call_goes_on(book: PhoneBook) -> None:
    column = book.column("phone", "phonenumber")
    setter, finder = book.setter(column), book.getter(column, selector="{phone} = ?")
    subject = written(book, setter, "phone", NUMBER)
    changed(book, column, index_type="indexed")  # this test is one transaction, which is not over
    assert not is_settled(book, column)
    assert blinds(book) == [None]
    assert book.rows(finder, [NUMBER]).subject_ids == [subject]
    assert settle_indexes(most=10) == 1
    assert book.rows(finder, ["555-0101"]).rows == []


@pytest.mark.django_db
def test_a_write_to_several_subjects_of_which_one_is_refused_changes_none(book: PhoneBook) -> None:
    column = book.column("code", index_type="unique")
    setter, reader = book.setter(column, selector="{id} = ANY (?)"), book.getter(column)
    subjects = [book.subject(), book.subject()]
    change = {"code": {"value": "x", "purpose_additions": given("authentication")}}
    call = MutatorCall(book.service, setter, [[str(one) for one in subjects]], change, HERE)
    with pytest.raises(Conflict):
        execute_mutator(call, now=timezone.now())
    assert book.rows(reader, [[str(one) for one in subjects]]).rows == []


def blinds(book: PhoneBook) -> list[bytes | None]:
    with in_environment(book.environment.id):
        return [row.blind and bytes(row.blind) for row in Value.objects.order_by("created_at")]


def is_settled(book: PhoneBook, column: UUID) -> bool:
    with in_environment(book.environment.id):
        return Column.objects.get(public_id=column).is_index_settled
