"""Passwords that one person gives to another: shown once, good for one thing, and the end of every other session."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser
from pytest_django.asserts import assertRedirects

from audit.actors import Actor
from governance.actions.accounts import invite_operator, reset_password
from governance.errors import Invalid, NotFound
from governance.identities import OPERATOR
from governance.models import Account
from tests import cast
from tests.console.people import PASSWORD, SYSTEM, Console
from tests.console.test_sessions import sign_in

OWN = "a passphrase of my own"
CONFIRM = "/second-factor/confirm/"
SHOWN = re.compile(r'class="page-secret">([\w-]{20})<')


@pytest.fixture
def as_superuser(console: Console) -> Browser:
    return console.proven(console.superuser)


def reset(browser: Browser, console: Console) -> str:
    """Give the officer a new password through the page, and return it."""
    shown = SHOWN.search(browser.post(page_of(console)).content.decode())
    assert shown is not None
    return shown[1]


def page_of(console: Console) -> str:
    return f"/admin/governance/account/{console.officer.pk}/new_password/"


def test_a_password_is_reset_after_a_question_shown_once_and_on_record(
    console: Console, as_superuser: Browser, as_officer: Browser
) -> None:
    assert as_officer.get("/board").status_code != 302
    asked = as_superuser.get(page_of(console))
    assert "A new password for officer?" in asked.content.decode() and SHOWN.search(asked.content.decode()) is None
    assert sign_in(Browser(), "officer", PASSWORD).status_code == 302
    answer = as_superuser.post(page_of(console))
    shown = SHOWN.search(answer.content.decode())
    assert shown is not None and "no-store" in answer["Cache-Control"]
    (entry,) = console.booked_at_the_door("account.password_reset")
    assert entry.actor.id == console.superuser.id and entry.facts == {"account": str(console.officer.id)}
    assert shown[1] not in entry.text + str(dict(as_superuser.session)) + str(as_superuser.cookies)
    for later in (page_of(console), f"/admin/governance/account/{console.officer.pk}/change/", "/admin/"):
        assert shown[1] not in as_superuser.get(later).content.decode()


def test_the_former_password_and_every_session_of_the_operator_end(
    console: Console, as_superuser: Browser, as_officer: Browser, as_support: Browser
) -> None:
    assert as_officer.get("/admin/").status_code == 200
    reset(as_superuser, console)
    assert as_officer.get("/admin/").status_code == 302
    assert sign_in(Browser(), "officer", PASSWORD).status_code == 200
    assert as_superuser.get("/admin/").status_code == as_support.get("/admin/").status_code == 200


def test_a_given_password_opens_nothing_but_the_page_that_replaces_it(console: Console, as_superuser: Browser) -> None:
    given, browser = reset(as_superuser, console), Browser()
    assert sign_in(browser, "officer", given).status_code == 302
    for page in ("/", "/board", "/admin/", "/admin/book/", "/admin/governance/client/"):
        assertRedirects(browser.get(page), "/password/")
    assertRedirects(browser.post("/environment/", {"environment": str(console.environment.id)}), "/password/")
    assert "was given to you" in browser.get("/password/").content.decode()
    same = browser.post("/password/", {"former": given, "password": given})
    assert "another password" in same.content.decode()
    assert "is changed" in browser.post("/password/", {"former": given, "password": OWN}).content.decode()
    assert browser.get("/admin/").status_code == 200
    assert sign_in(Browser(), "officer", given).status_code == 200


def test_a_new_operator_gets_a_first_password_that_is_shown_once(console: Console, as_superuser: Browser) -> None:
    answer = as_superuser.post("/admin/governance/account/add/", {"username": "auditor", "groups": []})
    shown = SHOWN.search(answer.content.decode())
    assert shown is not None
    browser = Browser()
    assert sign_in(browser, "auditor", shown[1]).status_code == 302
    assertRedirects(browser.get("/admin/"), "/password/")


def test_a_stolen_session_of_a_superuser_makes_no_operators(console: Console) -> None:
    """Without a fresh second factor nobody is invited, changed, or given a password, and that is on record."""
    stolen = console.browser(console.superuser)
    changed = f"/admin/governance/account/{console.officer.pk}/change/"
    before = list(Account.objects.order_by("pk").values())

    for page, form in (
        (page_of(console), {}),
        ("/admin/governance/account/add/", {"username": "mine", "is_superuser": "on", "groups": []}),
        (changed, {"groups": []}),
    ):
        assert stolen.post(page, form)["Location"].startswith(CONFIRM), page
        assert stolen.get(page).status_code == 200

    assert list(Account.objects.order_by("pk").values()) == before
    assert len(console.booked_at_the_door("second_factor.missed", "refused")) == 3


def test_nobody_but_a_superuser_resets_a_password_and_nobody_their_own(
    console: Console, as_officer: Browser, as_support: Browser, as_superuser: Browser
) -> None:
    own = f"/admin/governance/account/{console.superuser.pk}/new_password/"
    for browser in (as_officer, as_support):
        assert browser.get(page_of(console)).status_code == browser.post(page_of(console)).status_code == 403
        assert browser.post(own).status_code == 403
    assert as_superuser.get(own).status_code == as_superuser.post(own).status_code == 403
    assert Browser().post(page_of(console)).status_code == 302
    assert console.booked_at_the_door("account.password_reset") == []
    assert sign_in(Browser(), "officer", PASSWORD).status_code == 302


def test_only_operators_have_passwords_to_reset(console: Console) -> None:
    service = cast.new_player(console.environment, "job").client.account
    with pytest.raises(NotFound):
        reset_password(SYSTEM, account_id=service.pk)
    with pytest.raises(Invalid, match="with the former one"):
        reset_password(Actor(OPERATOR, console.superuser.pk), account_id=console.superuser.pk)
    _, password = invite_operator(SYSTEM, username="guest")
    assert password.reveal() not in repr(password)
