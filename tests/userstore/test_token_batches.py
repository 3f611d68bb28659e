"""Tokens and consents for many at once: as single calls, with one record."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from audit import queries
from governance.actions.freezes import freeze
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.identities import Caller
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE
from tests.userstore.test_tokens import NUMBER, OTHER, TokenBook
from userstore.actions.consent_checks import permitted_people
from userstore.actions.consents import change_consent
from userstore.actions.erasing import erase_subject
from userstore.actions.token_batches import create_tokens
from userstore.actions.tokens import create_token, resolve_tokens

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)


def tokens(book: TokenBook, *data: str, transformer: UUID, caller: Caller | None = None) -> list[str]:
    made, _ = create_tokens(caller or book.service, data=data, transformer_id=transformer, policy_id=book.policy)
    return made


def test_equal_data_have_one_token_and_known_data_keep_theirs(book: TokenBook) -> None:
    reusing = book.transformer("PhoneToID")
    single, _ = create_token(book.service, data=NUMBER, transformer_id=reusing, policy_id=book.policy)
    first = tokens(book, NUMBER, OTHER, NUMBER, "", transformer=reusing)
    assert first[0] == first[2] == single
    assert first[3] == ""
    assert tokens(book, OTHER, NUMBER, transformer=reusing) == [first[1], single]
    found, _ = resolve_tokens(book.service, tokens=first[:3], context=HERE)
    assert [each.data for each in found] == [NUMBER, OTHER, NUMBER]


def test_a_batch_is_one_entry_without_data(book: TokenBook) -> None:
    made = tokens(book, *(f"value {n}" for n in range(300)), transformer=book.transformer("UUID"))
    assert len(set(made)) == 300
    entries = queries.entries(environment_id=book.environment.id, kinds=["token.created"])
    assert [len(each.facts["tokens"]) for each in entries] == [300]
    assert "value 1" not in entries[0].text


def test_a_small_space_runs_full_and_nothing_is_made_then(book: TokenBook) -> None:
    few = book.script("return 'token-' + (data.length % 2)", reuse=True)
    with pytest.raises(Conflict):
        tokens(book, "a", "bb", "ccc", transformer=few)
    assert queries.entries(environment_id=book.environment.id, kinds=["token.created"], outcome="done") == []


def test_who_may_not_is_refused_on_record_and_too_many_are_refused(book: TokenBook) -> None:
    with pytest.raises(Refused):
        tokens(book, "x", transformer=book.transformer("UUID"), caller=book.outsider)
    assert len(queries.entries(environment_id=book.environment.id, kinds=["token.created"], outcome="refused")) == 1
    with pytest.raises(Invalid, match="1000"):
        tokens(book, *("x" * 1001), transformer=book.transformer("UUID"))


def permitted(book: TokenBook, *subjects: UUID, purpose: str = "integrity") -> set[UUID]:
    return permitted_people(book.service, subject_ids=subjects, purpose=purpose)[0]


def test_a_purpose_is_permitted_for_those_of_whom_a_value_may_be_used(book: TokenBook) -> None:
    ben = book.subject()
    assert permitted(book, book.ada, ben, uuid4()) == {book.ada}
    assert permitted(book, book.ada, purpose="marketing") == set()
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=False)
    assert permitted(book, book.ada) == set()


def test_of_somebody_erased_nothing_is_permitted(book: TokenBook) -> None:
    erase_subject(book.service, subject_id=book.ada)
    assert permitted(book, book.ada) == set()


def test_asking_is_on_record_with_names_of_the_book_and_for_those_with_the_right(book: TokenBook) -> None:
    permitted(book, book.ada)
    (entry,) = queries.entries(environment_id=book.environment.id, kinds=["consent.read"])
    assert len(entry.facts["subjects"]) == 1
    assert str(book.ada) not in entry.text
    with pytest.raises(Refused):
        permitted_people(book.outsider, subject_ids=[book.ada], purpose="integrity")
    with pytest.raises(NotFound):
        permitted(book, book.ada, purpose="nonsense")
    freeze(book.officer, kind="purpose", target_id=book.purposes["integrity"].public_id)
    with pytest.raises(Refused):
        permitted(book, book.ada)
