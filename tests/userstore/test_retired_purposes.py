"""A purpose that nothing uses any more is retired, also where the history of consents names it."""

from __future__ import annotations

import pytest

from governance.actions.purposes import define_purpose, retire_purpose
from governance.errors import Conflict
from governance.models import Purpose
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from tests.userstore.phonebook import PhoneBook, given
from userstore.actions.deletion import delete_subject
from userstore.models import ConsentRecord

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_history_keeps_a_retired_purpose_that_nobody_else_sees_and_its_name_is_free() -> None:
    book = PhoneBook()
    phone = book.phones()
    setter, subject = book.setter(phone), book.subject()
    made = define_purpose(book.system, name="winback")
    book.write(setter, subject, {"phone": {"value_additions": ["555-0101"], "purpose_additions": given("winback")}})
    with pytest.raises(Conflict):
        retire_purpose(book.system, public_id=made.public_id)
    delete_subject(book.service, subject_id=subject)
    retire_purpose(book.system, public_id=made.public_id)
    again = define_purpose(book.system, name="Winback")
    standing = fresh_standing_of(book.environment.id)
    assert standing.purposes_by_name["winback"].public_id == again.public_id
    assert made.public_id not in standing.purposes
    with pytest.raises(Conflict):
        define_purpose(book.system, name="other", public_id=made.public_id)
    with in_environment(book.environment.id):
        assert [each.name for each in Purpose.objects.filter(name__iexact="winback")] == ["Winback"]
        assert {each.purpose.name for each in ConsentRecord.objects.filter(purpose_id=made.pk)} == {"winback"}


def test_a_purpose_that_was_never_used_leaves_nothing() -> None:
    book = PhoneBook()
    made = define_purpose(book.system, name="winback")
    retire_purpose(book.system, public_id=made.public_id)
    with in_environment(book.environment.id):
        assert not Purpose.everything.filter(name="winback").exists()
