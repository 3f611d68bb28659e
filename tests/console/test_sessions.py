from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django.asserts import assertRedirects

from governance.actions.change import raise_epoch
from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import Account, Environment
from tests import cast
from tests.console.people import PASSWORD, Console


def sign_in(browser: Browser, username: str, password: str, **other: str) -> Any:
    return browser.post("/login/", {"username": username, "password": password, **other})


def test_an_operator_signs_in_and_out_and_the_book_knows_the_account_only(console: Console) -> None:
    browser = Browser()
    assertRedirects(browser.get("/"), "/login/")
    assertRedirects(sign_in(browser, "officer", PASSWORD), "/", fetch_redirect_response=False)
    entry = console.booked_at_the_door("operator.signed_in")[0]
    assert entry.facts == {"account": str(console.officer.id)} and entry.actor.id == console.officer.id
    assert "officer" not in entry.text
    assertRedirects(browser.get("/"), "/admin/")
    assert browser.get("/logout/").status_code == 405
    assertRedirects(browser.post("/admin/logout/"), "/login/")
    assert console.booked_at_the_door("operator.signed_out")[0].actor.id == console.officer.id
    assertRedirects(browser.get("/"), "/login/")


def test_the_start_page_is_the_board_only_where_it_would_not_refuse(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    give_right(system_caller(console.environment.id), holder=console.officer, operation="read", on=console.environment)
    Environment.objects.filter(pk=console.environment.pk).update(is_synthetic=True)
    raise_epoch(console.environment.id)
    assertRedirects(as_officer.get("/"), "/board")
    assertRedirects(as_support.get("/"), "/admin/")
    assert "You have no right to read the book" in as_support.get("/admin/").content.decode()
    Environment.objects.filter(pk=console.environment.pk).update(is_synthetic=False)
    raise_epoch(console.environment.id)
    assertRedirects(as_officer.get("/"), "/admin/")


def test_who_is_no_officer_is_told_so_and_led_to_their_own_pages_instead_of_signing_in_again(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    Account.objects.filter(pk=console.support.pk).update(is_staff=False)
    assertRedirects(as_support.get("/"), "/access/")
    answer = as_support.get("/admin/governance/right/", follow=True)
    page = answer.content.decode()
    assert answer.status_code == 403 and len(answer.redirect_chain) == 1
    assert "signed in as support" in page and 'href="/access/"' in page
    assert 'href="/login/?next=/admin/governance/right/"' in page.replace("%2F", "/")
    (entry,) = console.booked("call.refused", "refused")
    assert entry.actor.id == console.support.id and str(entry.decision_id) == answer["X-Sealbook-Decision"]
    assert as_support.get("/login/?next=/admin/").status_code == 200
    assertRedirects(as_officer.get("/admin/login/?next=/admin/"), "/login/?next=%2Fadmin%2F")
    assertRedirects(Browser().get("/admin/login/"), "/login/")


def test_a_wrong_password_an_unknown_name_and_a_service_account_read_alike(console: Console) -> None:
    service = cast.new_player(console.environment, "job").client.account
    tries = [("officer", "wrong"), ("nobody-of-that-name", PASSWORD), (service.username, "")]
    told = []
    for username, password in tries:
        answer = sign_in(Browser(), username, password)
        told.append("Please enter a correct" in answer.content.decode())
        assert "sessionid" not in answer.cookies
    assert told == [True, True, False]  # an empty password is asked for again
    refused = console.booked_at_the_door("operator.sign_in_refused", "refused")
    assert len(refused) == len(tries) and refused[0].actor.id is None
    assert not any(name in entry.text for entry in refused for name, _ in tries)


def test_the_sixth_try_is_throttled_even_with_the_right_password(console: Console) -> None:
    statuses = [sign_in(Browser(), "officer", "wrong").status_code for _ in range(5)]
    answer = sign_in(Browser(), "officer", PASSWORD)
    assert statuses[:4] == [200] * 4 and answer.status_code == 429
    assert "officer" not in answer.content.decode().replace("privacy officer", "")
    assert console.booked_at_the_door("operator.sign_in_refused", "refused")[0].facts == {"throttled": True}
    assert sign_in(Browser(), "support", PASSWORD).status_code == 302


@pytest.mark.parametrize(("wanted", "sent"), [("/admin/book/", "/admin/book/"), ("//evil.example.com/", "/")])
def test_signing_in_leads_to_the_page_that_was_wanted_on_this_server_only(
    console: Console, wanted: str, sent: str
) -> None:
    answer = sign_in(Browser(), "officer", PASSWORD, next=wanted)
    assert answer["Location"] == sent


def test_the_consoles_own_sign_in_leads_to_ours(console: Console) -> None:
    answer = Browser().get("/admin/governance/client/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login/?next=%2Fadmin%2Fgovernance%2Fclient%2F"
    assert 'name="next" value="/admin/governance/client/"' in answer.content.decode()


def test_an_environment_is_chosen_by_post_on_record_and_rights_follow_it(console: Console, as_officer: Browser) -> None:
    other = cast.new_environment()
    assert as_officer.get("/environment/").status_code == 405
    assert as_officer.post("/environment/", {"environment": "nonsense"}).status_code == 404
    assert as_officer.post("/environment/", {"environment": str(other.id)}).status_code == 302
    from audit.queries import entries

    chosen = entries(environment_id=other.id, kinds=["environment.chosen"])
    assert [entry.actor.id for entry in chosen] == [console.officer.id]
    assert as_officer.get("/admin/governance/purpose/").status_code == 403
    give_right(system_caller(other.id), holder=console.officer, operation="configure", on=other)
    assert as_officer.get("/admin/governance/purpose/").status_code == 200
    away = as_officer.post("/environment/", {"environment": str(other.id), "next": "https://evil.example.com/"})
    assert away["Location"] == "/"


def test_nobody_chooses_an_environment_without_signing_in(console: Console) -> None:
    answer = Browser().post("/environment/", {"environment": str(console.environment.id)})
    assert answer.status_code == 302 and answer["Location"].startswith("/login/")


def test_operators_change_their_own_password(console: Console) -> None:
    browser = Browser()
    sign_in(browser, "officer", PASSWORD)
    new = "another long passphrase"
    assert "not right" in browser.post("/password/", {"former": "x", "password": new}).content.decode()
    assert "too short" in browser.post("/password/", {"former": PASSWORD, "password": "short"}).content.decode()
    assert "is changed" in browser.post("/password/", {"former": PASSWORD, "password": new}).content.decode()
    assert browser.get("/admin/").status_code == 200
    assert console.booked_at_the_door("account.password_changed")[0].actor.id == console.officer.id
    assert sign_in(Browser(), "officer", new).status_code == 302
