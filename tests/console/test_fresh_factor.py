"""A fresh second factor: what takes one, how long it counts, and the way to it and back to where one came from."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from pytest_django.asserts import assertRedirects

from governance.errors import FactorNeeded
from governance.factors.proofs import is_fresh, require_fresh_factor
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.console.factors import (
    APP,
    CODES,
    CONFIRM,
    NOW,
    PAGE,
    PASSKEY,
    RECOVERY,
    Clock,
    code_of,
    confirm_and_back,
    enrolled,
    shown_secret,
    with_passkey,
)
from tests.console.people import PASSWORD, Console, staffed_console

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

begun, console = beginning(staffed_console)


def grown_stale(browser: Browser, *, by: timedelta = timedelta(minutes=6)) -> None:
    """Let the proof in a session be older, or, with a clock that was put back, of a time to come."""
    session = browser.session
    session["second_factor_at"] = (timezone.now() - by).isoformat()
    session.save()


@given(st.integers(-400, 400))
def test_a_proof_is_fresh_for_five_minutes_and_never_before_it_was_given(seconds: int) -> None:
    now = timezone.now()
    assert is_fresh(now - timedelta(seconds=seconds), now=now) is (0 <= seconds <= 300)
    assert not is_fresh(None, now=now)


def test_changes_of_factors_take_a_fresh_one_whatever_the_session_says(console: Console, as_officer: Browser) -> None:
    with_passkey(as_officer)
    (row,) = Authenticator.objects.filter(type="webauthn")
    changes = {
        RECOVERY: {},
        f"/second-factor/{row.pk}/rename/": {"name": "mine"},
        f"/second-factor/{row.pk}/remove/": {},
        APP: {"password": PASSWORD, "code": "123456"},
        PASSKEY: {"password": PASSWORD, "passkey": "{}"},
    }
    stolen = console.browser(console.officer)  # a session, and even the password, without the factor
    stale, put_back = console.browser(console.officer), console.browser(console.officer)
    for browser, by in ((stale, 6), (put_back, -1)):
        browser.cookies["sessionid"] = console.browser(console.officer).cookies["sessionid"].value
        session = browser.session
        session["second_factor_by"], session["second_factor_of"] = row.pk, str(console.officer.pk)
        session.save()
        grown_stale(browser, by=timedelta(minutes=by))
    kept = list(Authenticator.objects.order_by("pk").values())
    for browser in (stolen, stale, put_back):
        for page, form in changes.items():
            assert browser.post(page, form).headers["Location"].startswith(CONFIRM), page
        assert browser.get(APP).headers["Location"] == confirm_and_back(APP)
    assert list(Authenticator.objects.order_by("pk").values()) == kept
    missed = console.booked_at_the_door("second_factor.missed", "refused")
    assert {entry.facts["reasons"][0] for entry in missed} == {
        "factor: none was proved in this session",
        "factor: not proved just now",
    }
    assert as_officer.post(f"/second-factor/{row.pk}/rename/", {"name": "mine"}).status_code == 302
    assert "mine" in as_officer.get(PAGE).content.decode()


def test_the_way_to_a_proof_leads_back_to_where_one_came_from_and_repeats_nothing(
    console: Console, as_officer: Browser, clock: Clock
) -> None:
    secret = enrolled(as_officer)
    grown_stale(as_officer)
    asked = as_officer.post(RECOVERY, headers={"Referer": f"http://testserver{PAGE}?next=/board"})
    assert asked["Location"] == confirm_and_back(f"{PAGE}?next=/board")
    assert console.booked_at_the_door("second_factor.missed", "refused")[0].decision_id is not None
    shown = as_officer.get(asked["Location"]).content.decode()
    assert "You are led back afterwards" in shown
    clock.now = NOW + 30
    back = as_officer.post(CONFIRM, {"code": code_of(secret, clock.now), "next": f"{PAGE}?next=/board"})
    assert back["Location"] == f"{PAGE}?next=/board" and console.booked_at_the_door("recovery_codes.made")[1:] == []
    assert "ask again: nothing was done yet" in as_officer.get(back["Location"]).content.decode()
    assert CODES.findall(as_officer.post(RECOVERY).content.decode())


def test_a_request_of_a_part_of_a_page_leads_the_whole_page_away(as_officer: Browser) -> None:
    enrolled(as_officer)
    grown_stale(as_officer)
    answer = as_officer.post(RECOVERY, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/board?a=b"})
    assert answer.status_code == 200 and answer["HX-Redirect"] == confirm_and_back("/board?a=b")
    elsewhere = as_officer.post(RECOVERY, headers={"Referer": "http://elsewhere.test/board"})
    assert elsewhere["Location"] == CONFIRM


@pytest.mark.parametrize(
    "aim", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "evil", "\t//evil.test", ""]
)
def test_no_address_but_ours_is_led_back_to(as_officer: Browser, clock: Clock, aim: str) -> None:
    secret = enrolled(as_officer)
    clock.now = NOW + 30
    assertRedirects(as_officer.post(CONFIRM, {"code": code_of(secret, clock.now), "next": aim}), PAGE)
    assert "evil" not in as_officer.get(CONFIRM, {"next": aim}).content.decode()


def test_who_has_no_factor_is_led_through_setting_one_up_and_on(as_officer: Browser) -> None:
    back = "/admin/book/?kind=a&b=c"
    page = as_officer.get(CONFIRM, {"next": back}, follow=True).content.decode()
    assert "you have none yet" in page and f"{APP}?next={quote(back, safe='')}" in page
    form = {"password": PASSWORD, "code": code_of(shown_secret(as_officer)), "next": back}
    answer = as_officer.post(APP, form).content.decode()
    assert len(CODES.findall(answer)) == 10 and f'href="{back.replace("&", "&amp;")}"' in answer


def test_how_long_a_proof_counts_is_a_setting(console: Console, settings: Settings) -> None:
    now = timezone.now()
    proved = {"account_id": console.officer.pk, "proved_at": now - timedelta(minutes=4)}
    require_fresh_factor(**proved, now=now)
    settings.GOVERNANCE_FACTOR_MINUTES = 3
    with pytest.raises(FactorNeeded) as refused:
        require_fresh_factor(**proved, now=now)
    (entry,) = console.booked_at_the_door("second_factor.missed", "refused")
    assert entry.decision_id == refused.value.decision_id
    with in_environment(console.environment.id), pytest.raises(FactorNeeded):
        require_fresh_factor(**proved, now=now)
    assert len(console.booked("second_factor.missed", "refused")) == 1
