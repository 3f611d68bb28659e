"""A second factor: enrolled with the password, good once, throttled, on record, and nowhere in the clear."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.contrib import admin
from django.core.management import call_command
from django.test import Client as Browser
from django.test import RequestFactory
from psycopg import sql
from pytest_django.asserts import assertRedirects

from governance.actions.second_factors import TRIES, prove_second_factor
from governance.errors import Invalid, LimitUnknown
from governance.operators.second_factors import factor_at
from tests.console.people import PASSWORD, Console

PAGE, ENROL = "/second-factor/", "/second-factor/enrol/"
SECRET = re.compile(r'class="factor-secret">([A-Z2-7]{32})<')
WRONG = "is not right, too old or was used before"
NOW = 1_800_000_015


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clock of codes stands still in the middle of a step until a test moves it."""

    class Clock:
        now = NOW

        def time(self) -> float:
            return self.now

    standing = Clock()
    monkeypatch.setattr(auth, "time", standing)
    return standing


def code_of(secret: str, at: int = NOW) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, at // 30))


def shown_secret(browser: Browser) -> str:
    shown = SECRET.search(browser.get(ENROL).content.decode())
    assert shown is not None
    return shown[1]


def enrolled(browser: Browser) -> str:
    secret = shown_secret(browser)
    assertRedirects(browser.post(ENROL, {"password": PASSWORD, "code": code_of(secret)}), PAGE)
    return secret


def proved_at(browser: Browser, console: Console) -> object:
    request = RequestFactory().get(PAGE)
    request.session, request.user = browser.session, console.officer
    return factor_at(request)


def wrong_code(secret: str) -> str:
    near = {code_of(secret, NOW + 30 * step) for step in range(-2, 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in near)


def test_an_app_is_enrolled_with_the_password_and_its_first_code(console: Console, as_officer: Browser) -> None:
    assertRedirects(as_officer.get(PAGE), ENROL)
    page = as_officer.get(ENROL)
    text = page.content.decode()
    assert "<svg" in text and "<?xml" not in text and " style=" not in text and "no-store" in page["Cache-Control"]
    secret = shown_secret(as_officer)
    assert secret in text  # the offer stays until it is taken
    for password, code in ((PASSWORD, wrong_code(secret)), ("not the password", code_of(secret))):
        assert "notice-error" in as_officer.post(ENROL, {"password": password, "code": code}).content.decode()
    assert not Authenticator.objects.exists() and proved_at(as_officer, console) is None
    key = as_officer.session.session_key
    assertRedirects(as_officer.post(ENROL, {"password": PASSWORD, "code": code_of(secret)}), PAGE)
    assert proved_at(as_officer, console) is not None and as_officer.session.session_key != key
    (entry,) = console.booked_at_the_door("second_factor.enrolled")
    assert entry.facts == {"account": str(console.officer.id), "factor": "totp"}
    assertRedirects(as_officer.get(ENROL), PAGE)
    assertRedirects(as_officer.post(ENROL, {"password": PASSWORD, "code": code_of(secret)}), PAGE)


def test_a_code_is_good_once_and_none_of_before_it_ever_again(
    console: Console, as_officer: Browser, clock: Any
) -> None:
    secret = enrolled(as_officer)
    other = console.browser(console.officer)
    assert WRONG in other.post(PAGE, {"code": code_of(secret)}).content.decode()
    assert WRONG in other.post(PAGE, {"code": code_of(secret, NOW - 30)}).content.decode()
    assert proved_at(other, console) is None
    clock.now = NOW + 30
    code = code_of(secret, clock.now)
    answer = other.post(PAGE, {"code": f"{code[:3]} {code[3:]}"})
    assert "Confirmed at" in answer.content.decode() and proved_at(other, console) is not None
    assert console.booked_at_the_door("second_factor.proved")[0].actor.id == console.officer.id
    with pytest.raises(Invalid, match=WRONG):
        prove_second_factor(account_id=console.officer.pk, code=code)
    refused = console.booked_at_the_door("second_factor.refused", "refused")
    assert len(refused) == 3 and not any(code in entry.text or secret in entry.text for entry in refused)


def test_a_code_of_somebody_else_and_what_is_no_code_prove_nothing(
    console: Console, as_officer: Browser, as_support: Browser, clock: Any
) -> None:
    secret, _ = enrolled(as_officer), enrolled(as_support)
    clock.now = NOW + 30
    for code in (code_of(secret, clock.now), "", "١٢٣٤٥٦"):
        assert WRONG in as_support.post(PAGE, {"code": code}).content.decode()
    with pytest.raises(Invalid):
        prove_second_factor(account_id=console.superuser.pk, code=code_of(secret, clock.now))


def test_after_too_many_tries_the_right_code_is_refused_too(console: Console, as_officer: Browser, clock: Any) -> None:
    secret = enrolled(as_officer)
    clock.now = NOW + 30
    for _ in range(TRIES):
        assert as_officer.post(PAGE, {"code": wrong_code(secret)}).status_code == 200
    answer = as_officer.post(PAGE, {"code": code_of(secret, clock.now)})
    assert answer.status_code == 429 and "Too many tries" in answer.content.decode()
    throttled = [entry.facts["throttled"] for entry in console.booked_at_the_door("second_factor.refused", "refused")]
    assert throttled == [True] + [False] * TRIES


def test_success_begins_the_count_anew(as_officer: Browser, clock: Any) -> None:
    secret = enrolled(as_officer)
    for step in (1, 2):
        clock.now = NOW + 30 * step
        for _ in range(TRIES - 1):
            assert WRONG in as_officer.post(PAGE, {"code": wrong_code(secret)}).content.decode()
        assert "Confirmed at" in as_officer.post(PAGE, {"code": code_of(secret, clock.now)}).content.decode()


def test_where_tries_cannot_be_counted_no_code_is_taken(
    console: Console, as_officer: Browser, clock: Any, request: pytest.FixtureRequest
) -> None:
    secret = enrolled(as_officer)
    clock.now = NOW + 30
    request.getfixturevalue("redis_away")
    with pytest.raises(LimitUnknown):
        prove_second_factor(account_id=console.officer.pk, code=code_of(secret, clock.now))


def test_the_secret_is_nowhere_in_the_database_in_the_clear(
    as_officer: Browser, role_url: Callable[[str], str]
) -> None:
    offered = shown_secret(as_officer)
    assert offered not in str(dict(as_officer.session))
    enrolled(as_officer)
    with psycopg.connect(role_url("superuser")) as everything:
        tables = everything.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert ("mfa_authenticator",) in tables
        for (table,) in tables:
            found = sql.SQL("select count(*) from {} t where t::text like %s").format(sql.Identifier(table))
            assert everything.execute(found, [f"%{offered}%"]).fetchone() == (0,), table
    assert offered not in str(dict(as_officer.session))


def test_nobody_who_is_not_signed_in_reaches_a_second_factor(db: None) -> None:
    for page in (PAGE, ENROL):
        assertRedirects(Browser().get(page), f"/login/?next={page}")
        assertRedirects(Browser().post(page, {"code": "123456"}), f"/login/?next={page}")


def test_a_factor_ends_with_the_session(console: Console, as_officer: Browser) -> None:
    enrolled(as_officer)
    assert proved_at(as_officer, console) is not None
    as_officer.post("/logout/")
    assert proved_at(as_officer, console) is None
    assert proved_at(console.browser(console.officer), console) is None


def test_allauth_adds_no_pages_and_asks_for_no_migration(db: None, as_superuser: Browser) -> None:
    assert not [model for model in admin.site._registry if model._meta.app_label in {"account", "mfa"}]
    assert as_superuser.get("/accounts/login/").status_code == 404
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
