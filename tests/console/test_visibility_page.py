"""The page on which an officer says who is shown what of an accessor's columns: the table, its faults, who may not."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser

from governance.actions.environments import change_environment
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.console.test_definitions import stored
from tests.userstore.phonebook import PhoneBook
from userstore.actions.visibility import VisibilitySpec, stored_visibilities
from userstore.levels import Shown
from userstore.models import Accessor
from userstore.models.accessors import MASKED, NONE, PLAIN


@pytest.fixture
def book(console: Console) -> PhoneBook:
    return PhoneBook(console.environment)


def page_of(book: PhoneBook) -> tuple[str, UUID, Accessor]:
    column = book.column("mobile", "phonenumber")
    public_id = book.getter(column)
    with in_environment(book.environment.id):
        accessor = Accessor.objects.get(public_id=public_id)
    return f"/admin/userstore/accessor/{accessor.pk}/visibility/", column, accessor


def rules_of(console: Console, accessor: Accessor, column: UUID) -> VisibilitySpec:
    with in_environment(console.environment.id):
        return stored_visibilities(accessor)[column]


def test_an_officer_says_who_is_shown_what_and_sees_what_it_means(
    console: Console, as_officer: Browser, book: PhoneBook
) -> None:
    page, column, accessor = page_of(book)
    group = Group.objects.get(name="Privacy officers")
    clerk = cast.new_player(console.environment, "clerk").client
    assert page in as_officer.get(page.replace("visibility", "change")).content.decode()
    before = as_officer.get(page).content.decode()
    assert before.count("+49 151 5550199") == before.count("now sees") > 2
    chosen = {
        "version": "0",
        f"mask-{column}": str(book.transformer("PhoneMask")),
        f"level-{column}-g{group.pk}": "masked/plain",
        f"level-{column}-c{clerk.pk}": "masked/masked",
    }
    after = as_officer.post(page, chosen, follow=True).content.decode()
    assert "is changed, and the book says so" in unescape(after)
    rules = rules_of(console, accessor, column)
    assert (rules.default, rules.groups, rules.clients) == (
        Shown(NONE), {"Privacy officers": Shown(MASKED, PLAIN)}, {clerk.public_id: Shown(MASKED)},
    )  # fmt: skip
    assert console.booked("accessor.published")[0].facts["version"] == 1
    seen = re.findall(r'class="page-kind">([^<]*)<', after)
    assert {"nothing", "+49 *** *****99", "+49 151 5550199"} == set(seen)
    assert after.count("selected") >= 4
    none = as_officer.post(page, {"version": "1"}, follow=True).content.decode()
    assert 'class="page-kind">nothing<' not in none
    assert rules_of(console, accessor, column).default is None


def test_an_officer_says_what_people_see_of_themselves_and_where_their_codes_go(
    console: Console, as_officer: Browser, book: PhoneBook
) -> None:
    page, column, accessor = page_of(book)
    mail = book.column("contact", "email")
    chosen = {"version": "0", f"self-{column}": "plain"}
    after = as_officer.post(page, chosen, follow=True).content.decode()
    assert "is changed, and the book says so" in unescape(after)
    rules = rules_of(console, accessor, column)
    assert (rules.default, rules.oneself, rules.takes_code) == (Shown(NONE), PLAIN, False)
    refused = as_officer.post(page, {**chosen, "version": "1", "takes-code": str(column)}).content.decode()
    assert "holds no e-mail address" in refused
    with_mail = book.getter(mail)
    with in_environment(book.environment.id):
        other = Accessor.objects.get(public_id=with_mail)
    address = f"/admin/userstore/accessor/{other.pk}/visibility/"
    as_officer.post(address, {"version": "0", "takes-code": str(mail)})
    assert rules_of(console, other, mail).takes_code
    assert re.search(rf'value="{mail}"[^>]* checked', as_officer.get(address).content.decode())


def test_what_is_wrong_is_said_and_what_was_chosen_stays(
    console: Console, as_officer: Browser, book: PhoneBook
) -> None:
    page, column, accessor = page_of(book)
    chosen = {"version": "0", f"level-{column}-default": "masked/plain"}
    told = as_officer.post(page, chosen).content.decode()
    assert "A masked level needs a mask." in told
    assert '<option value="masked/plain" selected>' in told
    stale = as_officer.post(page, {**chosen, "version": "7"}).content.decode()
    assert "was changed meanwhile" in stale
    assert rules_of(console, accessor, column).default is None


def test_others_are_refused_and_in_a_protected_environment_a_second_person_decides(
    console: Console, as_officer: Browser, book: PhoneBook
) -> None:
    page, column, accessor = page_of(book)
    chosen = {"version": "0", f"level-{column}-default": "plain/plain"}
    for account in (console.support, console.superuser):
        browser = console.browser(account)
        assert [browser.get(page).status_code, browser.post(page, chosen).status_code] == [403, 403]
    assert Browser().get(page).status_code == 302
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    assert "becomes a draft" in as_officer.get(page).content.decode()
    draft = as_officer.post(page, chosen, follow=True).content.decode()
    assert "nothing has changed yet" in draft
    assert re.search(r"visibility", draft)
    assert rules_of(console, accessor, column).default is None
    assert stored(console, Accessor, pk=accessor.pk).version == 0
