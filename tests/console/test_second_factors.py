"""A second factor: enrolled with the password, good once, throttled, on record, and nowhere in the clear."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.management import call_command
from django.test import Client as Browser
from psycopg import sql
from pytest_django.asserts import assertRedirects

from governance.actions.second_factors import prove_second_factor
from governance.errors import Invalid, LimitUnknown
from governance.factors.tries import TRIES
from tests.beginnings import beginning
from tests.console.factors import (
    APP,
    CONFIRM,
    NOW,
    PAGE,
    PASSKEY,
    WRONG,
    Clock,
    code_of,
    confirmed,
    enrolled,
    proved_at,
    shown_secret,
    wrong_code,
)
from tests.console.people import PASSWORD, Console, staffed_console

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

begun, console = beginning(staffed_console)


def test_an_app_is_enrolled_with_the_password_and_its_first_code(console: Console, as_officer: Browser) -> None:
    assert 'href="/second-factor/app/"' in as_officer.get(PAGE).content.decode()
    assertRedirects(as_officer.get(CONFIRM), PAGE)
    page = as_officer.get(APP)
    text = page.content.decode()
    assert "<svg" in text and "<?xml" not in text and " style=" not in text and "no-store" in page["Cache-Control"]
    secret = shown_secret(as_officer)
    assert secret in text  # the offer stays until it is taken
    for password, code in ((PASSWORD, wrong_code(secret)), ("not the password", code_of(secret))):
        assert "notice-error" in as_officer.post(APP, {"password": password, "code": code}).content.decode()
    assert not Authenticator.objects.exists() and proved_at(as_officer, console.officer) is None
    key = as_officer.session.session_key
    assert "recovery codes" in as_officer.post(APP, {"password": PASSWORD, "code": code_of(secret)}).content.decode()
    assert proved_at(as_officer, console.officer) is not None and as_officer.session.session_key != key
    (entry,) = console.booked_at_the_door("second_factor.enrolled")
    assert entry.facts == {"account": str(console.officer.id), "factor": "totp"}
    assertRedirects(as_officer.get(APP), PAGE)
    assertRedirects(as_officer.post(APP, {"password": PASSWORD, "code": code_of(secret)}), PAGE)


def test_a_code_is_good_once_and_none_of_before_it_ever_again(
    console: Console, as_officer: Browser, clock: Clock
) -> None:
    secret = enrolled(as_officer)
    other = console.browser(console.officer)
    assert WRONG in other.post(CONFIRM, {"code": code_of(secret)}).content.decode()
    assert WRONG in other.post(CONFIRM, {"code": code_of(secret, NOW - 30)}).content.decode()
    assert proved_at(other, console.officer) is None
    clock.now = NOW + 30
    code = code_of(secret, clock.now)
    confirmed(other, f"{code[:3]} {code[3:]}")
    assert proved_at(other, console.officer) is not None
    assert console.booked_at_the_door("second_factor.proved")[0].actor.id == console.officer.id
    with pytest.raises(Invalid, match=WRONG):
        prove_second_factor(account_id=console.officer.pk, code=code)
    refused = console.booked_at_the_door("second_factor.refused", "refused")
    assert len(refused) == 3 and not any(code in entry.text or secret in entry.text for entry in refused)


def test_a_code_of_somebody_else_and_what_is_no_code_prove_nothing(
    console: Console, as_officer: Browser, as_support: Browser, clock: Clock
) -> None:
    secret, _ = enrolled(as_officer), enrolled(as_support)
    clock.now = NOW + 30
    for code in (code_of(secret, clock.now), "", "١٢٣٤٥٦"):
        assert WRONG in as_support.post(CONFIRM, {"code": code}).content.decode()
    with pytest.raises(Invalid):
        prove_second_factor(account_id=console.superuser.pk, code=code_of(secret, clock.now))


def test_after_too_many_tries_the_right_code_is_refused_too(
    console: Console, as_officer: Browser, clock: Clock
) -> None:
    secret = enrolled(as_officer)
    clock.now = NOW + 30
    for _ in range(TRIES):
        assert as_officer.post(CONFIRM, {"code": wrong_code(secret)}).status_code == 200
    answer = as_officer.post(CONFIRM, {"code": code_of(secret, clock.now)})
    assert answer.status_code == 429 and "Too many tries" in answer.content.decode()
    throttled = [entry.facts["throttled"] for entry in console.booked_at_the_door("second_factor.refused", "refused")]
    assert throttled == [True] + [False] * TRIES


def test_success_begins_the_count_anew(as_officer: Browser, clock: Clock) -> None:
    secret = enrolled(as_officer)
    for step in (1, 2):
        clock.now = NOW + 30 * step
        for _ in range(TRIES - 1):
            assert WRONG in as_officer.post(CONFIRM, {"code": wrong_code(secret)}).content.decode()
        confirmed(as_officer, code_of(secret, clock.now))


def test_where_tries_cannot_be_counted_no_code_is_taken(
    console: Console, as_officer: Browser, clock: Clock, request: pytest.FixtureRequest
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
    for page in (CONFIRM, APP, PASSKEY):
        assertRedirects(Browser().get(page), f"/login/?next={page}")
        assertRedirects(Browser().post(page, {"code": "123456"}), f"/login/?next={page}")


def test_a_factor_ends_with_the_session(console: Console, as_officer: Browser) -> None:
    enrolled(as_officer)
    assert proved_at(as_officer, console.officer) is not None
    as_officer.post("/logout/")
    assert proved_at(as_officer, console.officer) is None
    assert proved_at(console.browser(console.officer), console.officer) is None


def test_allauth_adds_no_pages_and_asks_for_no_migration(db: None, as_superuser: Browser) -> None:
    assert not [model for model in admin.site._registry if model._meta.app_label in {"account", "mfa"}]
    assert as_superuser.get("/accounts/login/").status_code == 404
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
