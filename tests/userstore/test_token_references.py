"""Tokens by reference stand for whatever is in a column now; tokens by value for the value they were made of."""

from __future__ import annotations

import pytest

from tests.userstore.phonebook import HERE, PhoneBook, given
from userstore.actions.accessors import OutputSpec
from userstore.actions.tokens import resolve_tokens

pytestmark = pytest.mark.django_db

NUMBER, OTHER = "+49 151 5550001", "+49 151 5550002"


@pytest.mark.parametrize(("transformer", "stable"), [("PhoneReference", True), ("PhoneToID", False)])
def test_a_reference_follows_a_single_value_and_its_purposes_and_a_value_token_does_not(
    transformer: str, stable: bool
) -> None:
    book = PhoneBook()
    landline = book.column("landline", "phonenumber")
    setter, subject = book.setter(landline), book.subject()
    output = OutputSpec(landline, transformer=book.transformer(transformer), token_policy=book.policy)
    tokens = book.getter(output, purposes=("integrity",))

    def write(number: str, *purposes: str, without: tuple[str, ...] = ()) -> None:
        change = {"value": number, "purpose_additions": given(*purposes), "purpose_deletions": given(*without)}
        book.write(setter, subject, {"landline": change})

    def token() -> str:
        return book.rows(tokens, [[str(subject)]]).rows[0]["landline"]

    def resolved(text: str) -> str:
        return resolve_tokens(book.service, tokens=[text], context=HERE)[0][0].data

    write(NUMBER, "integrity")
    first = token()
    assert resolved(first) == NUMBER
    write(OTHER, "integrity")
    assert resolved(first) == (OTHER if stable else "")
    assert (token() == first) is stable
    assert resolved(token()) == OTHER
    write(NUMBER, "marketing", without=("integrity",))
    assert resolved(first) == ""


def test_a_reference_into_an_array_stands_for_one_of_its_values() -> None:
    book = PhoneBook()
    phone, subject = book.phones(), book.subject()
    output = OutputSpec(phone, transformer=book.transformer("PhoneReference"), token_policy=book.policy)
    tokens, setter = book.getter(output, purposes=("integrity",)), book.setter(phone, purposes=("integrity",))
    book.write(setter, subject, {"phone": {"value_additions": [NUMBER, OTHER]}})
    first, second = book.read(tokens, subject)
    book.write(setter, subject, {"phone": {"value_deletions": [NUMBER]}})
    found, _ = resolve_tokens(book.service, tokens=[first, second], context=HERE)
    assert [each.data for each in found] == ["", OTHER]
