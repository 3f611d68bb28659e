"""The table of sessions opens no door: it holds digests of their keys, and data signed for one row alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client as Browser
from django.utils import timezone

from audit.actors import SYSTEM
from governance.actions.accounts import define_operator
from governance.models import Account
from governance.operators.sessions import SessionStore, kept_under
from governance.tasks import forget_sessions

PASSWORD = "a long enough passphrase"

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Account:
    return define_operator(SYSTEM, username="officer", password=PASSWORD)


def signed_in() -> Browser:
    browser = Browser()
    answer = browser.post("/login/", {"username": "officer", "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def cookie_of(browser: Browser) -> str:
    return str(browser.cookies[settings.SESSION_COOKIE_NAME].value)


def is_signed_in(session_key: str) -> bool:
    browser = Browser()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key
    return str(browser.get("/password/").status_code) == "200"


def whole_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(t::text, ' ') from django_session t")
        return str(cursor.fetchone()[0])


def test_the_cookie_opens_a_session_and_is_nowhere_in_the_table(officer: Account) -> None:
    key = cookie_of(signed_in())
    table = whole_table()
    assert is_signed_in(key)
    assert key not in table
    assert kept_under(key) in table


def test_what_the_table_names_opens_nothing(officer: Account) -> None:
    signed_in()
    assert not is_signed_in(Session.objects.get().session_key)


def test_signing_in_gives_another_key_and_ends_the_former(officer: Account) -> None:
    browser = Browser()
    former = SessionStore()
    former["environment"] = "chosen before"
    former.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(former.session_key)
    browser.post("/login/", {"username": "officer", "password": PASSWORD})
    assert cookie_of(browser) != former.session_key
    assert not SessionStore().exists(str(former.session_key))
    assert SessionStore(cookie_of(browser))["environment"] == "chosen before"


def test_signing_out_ends_the_session_for_every_holder_of_its_key(officer: Account) -> None:
    browser = signed_in()
    key = cookie_of(browser)
    browser.post("/logout/")
    assert not is_signed_in(key)
    assert not Session.objects.exists()


def test_a_session_ends_with_its_time_and_is_forgotten_then(officer: Account) -> None:
    key, other = cookie_of(signed_in()), cookie_of(signed_in())
    Session.objects.filter(session_key=kept_under(key)).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_signed_in(key) and is_signed_in(other)
    assert Session.objects.count() == 2
    call_command("clearsessions")
    assert [row.session_key for row in Session.objects.all()] == [kept_under(other)]
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    forget_sessions()
    assert not Session.objects.exists()


def test_data_copied_into_another_row_reads_as_nothing(officer: Account) -> None:
    of_officer, mine = cookie_of(signed_in()), SessionStore()
    mine.create()
    copied = Session.objects.get(session_key=kept_under(of_officer)).session_data
    Session.objects.filter(session_key=kept_under(str(mine.session_key))).update(session_data=copied)
    assert not is_signed_in(str(mine.session_key))
    assert is_signed_in(of_officer)


def test_a_key_that_nobody_gave_out_opens_nothing_and_is_not_taken_over(officer: Account) -> None:
    guessed = SessionStore("a-key-that-nobody-gave-out-12345")
    assert dict(guessed.items()) == {}
    assert guessed.session_key is None
    guessed["environment"] = "mine"
    guessed.save()
    assert guessed.session_key != "a-key-that-nobody-gave-out-12345"


@pytest.mark.django_db(transaction=True)
def test_asynchronous_views_keep_to_the_digest_too() -> None:
    async def live() -> tuple[str, bool, object, bool]:
        made = SessionStore()
        await made.aset("environment", "chosen")
        await made.asave()
        key = str(made.session_key)
        there, kept = await made.aexists(key), await SessionStore(key).aget("environment")
        await SessionStore(key).adelete()
        return key, there, kept, await made.aexists(key)

    def run() -> tuple[str, bool, object, bool]:
        try:
            return async_to_sync(live)()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:  # the browser tests leave a loop running in this one
        key, there, kept, afterwards = thread.submit(run).result()
    assert (there, kept, afterwards) == (True, "chosen", False)
    assert key not in whole_table()
