"""The FF1 pseudonym: what it keeps of a value, for whom it is the same, and that nothing turns it back."""

from __future__ import annotations

import string
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given as having
from hypothesis import strategies as st

from keyring.pseudonyms import PseudonymKey
from keyring.walls import in_environment
from tests.userstore.phonebook import HERE, PhoneBook
from userstore.actions.accessors import OutputSpec
from userstore.actions.tokens import resolve_tokens
from userstore.actions.transformers import TransformerSpec, publish_transformer
from userstore.models import Transformer
from userstore.transforming.builtin import BY_FUNCTION
from userstore.transforming.builtin_pseudonyms import PSEUDONYMS
from userstore.transforming.compilation import TransformationFailed
from userstore.transforming.errors import ValueUnfit
from userstore.transforming.pseudonyms import ALPHABETS, Pseudonymization, Replaced

KEY = PseudonymKey(key_id=UUID(int=1), version=1, key=bytes(range(32)))
COLUMN, OTHER = UUID(int=7), UUID(int=8)
NATIVE: Any = PSEUDONYMS[0].native
NUMBER = "+49 151 555-0001"


def replaced(value: str, column: UUID = COLUMN, **changed: Any) -> str:
    return str(NATIVE.replace(value, Replaced(**changed), KEY, column))


@having(
    st.text(string.digits + string.ascii_letters + " -+()/é", min_size=6, max_size=40),
    st.sampled_from(sorted(ALPHABETS)),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_only_characters_of_the_alphabet_change_and_only_into_their_like(
    value: str, alphabet: str, first: int, last: int
) -> None:
    chars = ALPHABETS[alphabet]
    try:
        made = replaced(value, alphabet=alphabet, keep_first=first, keep_last=last)
    except ValueUnfit:
        assert sum(character in chars for character in value) - first - last < 6
        return
    assert len(made) == len(value)
    pairs = list(zip(value, made, strict=True))
    assert all((was in chars) == (now in chars) for was, now in pairs)
    assert all(was == now for was, now in pairs if was not in chars)
    inner = [(was, now) for was, now in pairs if was in chars]
    assert all(was == now for was, now in [*inner[:first], *inner[len(inner) - last :]])


@having(st.lists(st.text(string.digits, min_size=8, max_size=8), unique=True, min_size=2, max_size=40))
def test_different_values_never_share_a_pseudonym(values: list[str]) -> None:
    assert len({replaced(value) for value in values}) == len(values)


def test_the_same_value_is_the_same_in_its_column_and_another_in_others() -> None:
    assert replaced(NUMBER) == replaced(NUMBER) != replaced(NUMBER, OTHER)
    assert replaced(NUMBER, keep_first=2).startswith("+49 ")
    other_country = replaced(NUMBER.replace("49", "43"), keep_first=2)
    assert other_country[4:] != replaced(NUMBER, keep_first=2)[4:]  # what is kept goes into the tweak
    assert replaced("") == ""


@pytest.mark.parametrize("value", ["12345", "ada@example.com", "+49 1", "-"])
def test_a_value_with_too_little_to_replace_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(ValueUnfit) as unfit:
        replaced(value)
    assert value not in str(unfit.value) and "six digits" in str(unfit.value)


def test_its_text_is_known_and_runs_natively() -> None:
    assert isinstance(BY_FUNCTION[PSEUDONYMS[0].function], Pseudonymization)


@pytest.mark.django_db
def test_an_accessor_shows_pseudonyms_that_join_rows_and_resolve_to_nothing() -> None:
    book = PhoneBook()
    column = book.column("phone", "phonenumber")
    write = book.setter(column, purposes=("integrity",))
    people = [book.subject() for _ in range(3)]
    for person, number in zip(people, [NUMBER, NUMBER, "+49 151 555-0002"], strict=True):
        book.write(write, person, {"phone": {"value": number}})
    shows = book.getter(
        OutputSpec(column, transformer=book.transformer("FF1Pseudonym")), purposes=("integrity",), selector="ALL"
    )
    made = [row["phone"] for row in book.rows(shows, []).rows]
    assert len(set(made)) == 2 and NUMBER not in made
    assert made == [row["phone"] for row in book.rows(shows, []).rows]
    found, _ = resolve_tokens(book.service, tokens=made, context=HERE)
    assert {each.data for each in found} == {""}

    book.write(write, people[0], {"phone": {"value": "+49 1"}})
    with pytest.raises(TransformationFailed):
        book.rows(shows, [])


@pytest.mark.django_db
def test_the_vendors_contract_knows_it_as_a_transform_with_other_parameters_too() -> None:
    book = PhoneBook()
    made = publish_transformer(
        book.system,
        spec=TransformerSpec(
            name=f"Mine_{uuid4().hex[:6]}",
            transform_type="transform",
            function=PSEUDONYMS[0].function,
            parameters='{"alphabet": "alphanumeric", "keep_first": 2}',
        ),
    )
    with in_environment(book.environment.id):
        stored = Transformer.objects.get(name="FF1Pseudonym")
    assert (made.native, stored.transform_type) == ("FF1Pseudonym", "transform")
