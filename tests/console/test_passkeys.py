"""Passkeys: made for one address, unlocked by the person, good for one question each; a copy betrays itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client as Browser
from fido2.utils import websafe_encode
from pytest_django import Settings
from pytest_django.asserts import assertRedirects

from governance.actions import passkeys
from governance.actions.passkeys import prove_passkey
from governance.errors import Invalid
from governance.operators import second_factors
from tests.beginnings import beginning
from tests.console.factors import (
    CONFIRM,
    FLAG,
    NOT_CONFIRMED,
    PAGE,
    PASSKEY,
    SoftKey,
    asked_of,
    proved_at,
    with_passkey,
)
from tests.console.people import PASSWORD, Console, staffed_console

pytestmark = pytest.mark.django_db(transaction=True)

begun, console = beginning(staffed_console)


def proves(browser: Browser, answer: str) -> bool:
    """Whether an answer to the page that was asked for last confirms who it is."""
    answered = browser.post(CONFIRM, {"passkey": answer})
    assert answered.status_code == 302 or NOT_CONFIRMED in answered.content.decode()
    return answered.status_code == 302


def test_a_passkey_is_enrolled_with_the_password_named_and_proved(console: Console, as_officer: Browser) -> None:
    assert "wrong" not in as_officer.get(PASSKEY).content.decode()
    key = SoftKey()
    for password, made in (("wrong", key.made(asked_of(as_officer, PASSKEY))), (PASSWORD, "{}"), (PASSWORD, "")):
        answer = as_officer.post(PASSKEY, {"passkey": made, "password": password, "name": "blue"})
        assert "notice-error" in answer.content.decode()
    assert not Authenticator.objects.exists()
    asked = asked_of(as_officer, PASSKEY)
    assert asked["rp"]["id"] == "localhost" and asked["user"]["name"] == "officer"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    form = {"passkey": key.made(asked), "password": PASSWORD, "name": " blue  key"}
    assert "Keep these recovery codes" in as_officer.post(PASSKEY, form).content.decode()
    assert proved_at(as_officer, console.officer) is not None
    assert "blue key" in as_officer.get(PAGE).content.decode()
    (entry,) = console.booked_at_the_door("second_factor.enrolled")
    assert entry.facts == {"account": str(console.officer.id), "factor": "webauthn"} and "blue" not in entry.text

    other = console.browser(console.officer)
    assert proves(other, key.signed(asked_of(other, CONFIRM))) and proved_at(other, console.officer) is not None
    assert len(console.booked_at_the_door("second_factor.proved")) == 1


def test_an_answer_proves_nothing_but_the_question_it_was_given_for(console: Console, as_officer: Browser) -> None:
    key, stranger = with_passkey(as_officer), SoftKey()
    stranger.id = key.id
    asked = asked_of(as_officer, CONFIRM)
    former = key.signed(asked)
    dishonest = [
        lambda _: former,
        stranger.signed,
        lambda asked: key.signed(asked, origin="http://localhost:8001"),
        lambda asked: key.signed(asked, origin="https://localhost:8000"),
        lambda asked: key.signed(asked, origin="http://sealbook.example.com"),
        lambda asked: key.signed(asked | {"rpId": "example.com"}),
        lambda asked: key.signed(asked, cross_origin=True),
        lambda asked: key.signed(asked, kind="webauthn.create"),
        lambda asked: key.signed(asked, flags=FLAG.UP),
        lambda asked: key.signed(asked, flags=FLAG.UV),
        lambda asked: key.signed(asked, challenge="AAAA"),
        lambda asked: json.dumps([asked]),
        lambda _: "x" * 70_000,
    ]
    for number, answer in enumerate(dishonest):
        assert not proves(as_officer, answer(asked_of(as_officer, CONFIRM))), number
    assert proves(as_officer, key.signed(asked_of(as_officer, CONFIRM)))
    refused = console.booked_at_the_door("second_factor.refused", "refused")
    assert [entry.facts["factor"] for entry in refused] == ["webauthn"] * len(dishonest)


def test_a_signature_is_good_once_even_for_sessions_that_were_asked_the_same(
    console: Console, as_officer: Browser
) -> None:
    key = with_passkey(as_officer)
    asked = asked_of(as_officer, CONFIRM)
    answer, account_id = key.signed(asked), console.officer.pk
    prove_passkey(account_id=account_id, answer=answer, challenge=asked["challenge"])
    for again in (answer, key.signed(asked)):
        with pytest.raises(Invalid, match=NOT_CONFIRMED):
            prove_passkey(account_id=account_id, answer=again, challenge=asked["challenge"])
    with pytest.raises(Invalid):
        prove_passkey(account_id=account_id, answer=key.signed(asked | {"challenge": ""}), challenge="")


def test_a_copy_of_a_passkey_whose_count_does_not_grow_is_refused(as_officer: Browser) -> None:
    key = with_passkey(as_officer)
    copy = SoftKey(key.key, key.id, key.count)
    assert proves(as_officer, key.signed(asked_of(as_officer, CONFIRM)))
    assert proves(as_officer, key.signed(asked_of(as_officer, CONFIRM)))
    assert not proves(as_officer, copy.signed(asked_of(as_officer, CONFIRM)))
    assert not proves(as_officer, SoftKey(key.key, key.id, -1).signed(asked_of(as_officer, CONFIRM)))


def test_a_passkey_that_does_not_count_is_taken(as_officer: Browser) -> None:
    key = with_passkey(as_officer)
    for _ in range(2):
        key.count = -1
        assert proves(as_officer, key.signed(asked_of(as_officer, CONFIRM)))


def test_a_passkey_of_somebody_else_proves_nothing_and_is_not_enrolled_twice(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    key, theirs = with_passkey(as_officer), with_passkey(as_support)
    assert not proves(as_support, key.signed(asked_of(as_support, CONFIRM)))
    again = as_support.post(PASSKEY, {"passkey": key.made(asked_of(as_support, PASSKEY))})
    assert "is enrolled already" in again.content.decode()
    asked = asked_of(as_support, PASSKEY)
    assert [one["id"] for one in asked["excludeCredentials"]] == [websafe_encode(theirs.id)]
    assert Authenticator.objects.filter(user=console.support, type="webauthn").count() == 1


def test_answers_that_come_late_prove_nothing(as_officer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    key = with_passkey(as_officer)
    answer = key.signed(asked_of(as_officer, CONFIRM))
    monkeypatch.setattr(second_factors, "_ANSWER_WITHIN", timedelta(0))
    assert not proves(as_officer, answer)


def test_there_is_an_end_to_passkeys_and_to_their_names(as_officer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passkeys, "MOST_PASSKEYS", 2)
    with_passkey(as_officer)
    for name in ("n" * 61, "a\u202eb"):
        answer = as_officer.post(PASSKEY, {"passkey": SoftKey().made(asked_of(as_officer, PASSKEY)), "name": name})
        assert "up to 60 characters" in answer.content.decode()
    with_passkey(as_officer)
    answer = as_officer.post(PASSKEY, {"passkey": SoftKey().made(asked_of(as_officer, PASSKEY))})
    assert "2 passkeys already" in answer.content.decode()
    assert Authenticator.objects.filter(type="webauthn").count() == 2


@pytest.mark.parametrize("address", ["https://192.0.2.7", "http://sealbook.example.com"])
def test_where_browsers_make_no_passkeys_none_is_offered(as_officer: Browser, settings: Settings, address: str) -> None:
    settings.PUBLIC_URL = address
    assert PASSKEY not in as_officer.get(PAGE).content.decode()
    page = as_officer.get(PASSKEY).content.decode()
    assert f"is reached at {address}" in page and "data-passkey" not in page


def test_behind_tls_the_address_has_no_port(as_officer: Browser, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sealbook.example.com:443/"
    key = SoftKey()
    asked = asked_of(as_officer, PASSKEY)
    assert asked["rp"]["id"] == "sealbook.example.com"
    form = {"passkey": key.made(asked, origin="https://sealbook.example.com"), "password": PASSWORD}
    assert "recovery codes" in as_officer.post(PASSKEY, form).content.decode()
    for origin in ("https://sealbook.example.com:443", "https://sealbook.example.com.evil.test"):
        assert not proves(as_officer, key.signed(asked_of(as_officer, CONFIRM), origin=origin))
    assertRedirects(
        as_officer.post(
            CONFIRM, {"passkey": key.signed(asked_of(as_officer, CONFIRM), origin="https://sealbook.example.com")}
        ),
        PAGE,
    )
