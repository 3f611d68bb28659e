"""What ends for good is asked first, in words that say what happens; "delete" is not among them."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from governance.actions.purposes import define_purpose
from governance.identities import system_caller
from governance.models import Purpose, Right
from tests import cast
from tests.console.people import Console
from tests.console.test_definitions import is_gone, stored
from tests.userstore.phonebook import PhoneBook, given
from userstore.models import Column


def text_of(html: str) -> str:
    main = html[html.index('class="page"') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_a_definition_is_retired_after_a_question_that_says_so(console: Console, as_officer: Browser) -> None:
    define_purpose(system_caller(console.environment.id), name="fraud")
    purpose = stored(console, Purpose, name="fraud")
    form = as_officer.get(f"/admin/governance/purpose/{purpose.pk}/change/").content.decode()
    assert re.search(r"Retire\s+purpose", form) and not re.search(r"Delete\s+purpose", form)
    page = f"/admin/governance/purpose/{purpose.pk}/delete/"
    asked = text_of(as_officer.get(page).content.decode())
    assert "Retire purpose fraud?" in asked and "No consent can be given for it any more." in asked
    assert "elete" not in asked
    told = as_officer.post(page, {"post": "yes"}, follow=True).content.decode()
    assert "The purpose is retired, and the book says so." in told
    assert is_gone(console, Purpose, name="fraud")


def test_a_right_is_withdrawn(console: Console, as_officer: Browser) -> None:
    cast.new_player(console.environment, "campaign-job", read=True)
    right = stored(console, Right, permission__codename="read")
    asked = text_of(as_officer.get(f"/admin/governance/right/{right.pk}/delete/").content.decode())
    assert "Withdraw right" in asked and "The next call that needs it is refused." in asked
    told = as_officer.post(f"/admin/governance/right/{right.pk}/delete/", {"post": "yes"}, follow=True).content.decode()
    assert "The right is withdrawn, and the book says so." in told


@pytest.mark.django_db(transaction=True)
def test_the_question_about_a_column_counts_the_values_that_would_be_destroyed(console: Console) -> None:
    from governance.actions.rights import give_right

    book = PhoneBook()
    note = book.column("note")
    setter = book.setter(note)
    for text in ("one", "two"):
        book.write(setter, book.subject(), {"note": {"value": text, "purpose_additions": given("marketing")}})
    here = Console(book.environment, console.officer, console.support, console.superuser)
    give_right(system_caller(book.environment.id), holder=console.officer, operation="configure", on=book.environment)
    page = f"/admin/userstore/column/{stored(here, Column, name='note').pk}/delete/"
    asked = text_of(here.browser(here.officer).get(page).content.decode())
    assert "Its 2 stored values are destroyed for good." in asked


def test_whoever_may_not_configure_is_not_even_asked(console: Console, as_support: Browser) -> None:
    purpose = stored(console, Purpose, name="marketing")
    page = f"/admin/governance/purpose/{purpose.pk}/delete/"
    assert as_support.get(page).status_code == as_support.post(page, {"post": "yes"}).status_code == 403
    assert not is_gone(console, Purpose, name="marketing")
    assert Browser().get(page).status_code == 302
