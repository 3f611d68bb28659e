"""Keeping factors in order: recovery codes, removals, resets by others, forgotten offers, many tries at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from governance.actions.factor_upkeep import forget_offers, make_recovery_codes
from governance.actions.passkeys import prove_passkey
from governance.actions.second_factors import prove_second_factor
from governance.errors import FactorNeeded, Invalid
from governance.factors import tries
from keyring.models import WrappedKey
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests.beginnings import beginning
from tests.console.factors import (
    APP,
    CODES,
    CONFIRM,
    NOW,
    PAGE,
    RECOVERY,
    WRONG,
    Clock,
    asked_of,
    code_of,
    confirm_and_back,
    enrolled,
    proved_at,
    shown_secret,
    with_passkey,
)
from tests.console.people import PASSWORD, Console, staffed_console
from tests.console.test_sessions import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

begun, console = beginning(staffed_console)


def sealed_secrets() -> int:
    with in_environment(SYSTEM_ENVIRONMENT):
        return WrappedKey.objects.filter(environment_id=SYSTEM_ENVIRONMENT, scope="second factor").count()


def test_a_recovery_code_stands_in_once_and_former_ones_no_more(console: Console, as_officer: Browser) -> None:
    shown = shown_secret(as_officer)
    codes = CODES.findall(as_officer.post(APP, {"password": PASSWORD, "code": code_of(shown)}).content.decode())
    lost = console.browser(console.officer)
    assertRedirects(lost.post(CONFIRM, {"code": codes[3].replace("-", " ")}), PAGE)
    assert proved_at(lost, console.officer) is not None and "9 codes are left" in lost.get(PAGE).content.decode()
    assert WRONG in lost.post(CONFIRM, {"code": codes[3]}).content.decode()
    with_passkey(lost)
    (app,) = Authenticator.objects.filter(type="totp")
    assert lost.post(f"/second-factor/{app.pk}/remove/").status_code == 302
    fresh = CODES.findall(lost.post(RECOVERY).content.decode())
    assert len({*codes, *fresh}) == 20 and codes[0] not in lost.get(PAGE).content.decode()
    assert WRONG in lost.post(CONFIRM, {"code": codes[0]}).content.decode()
    assertRedirects(lost.post(CONFIRM, {"code": fresh[0]}), PAGE)
    kinds = [entry.facts["factor"] for entry in console.booked_at_the_door("second_factor.proved")]
    assert kinds == ["recovery_codes"] * 2
    booked = "".join(entry.text for entry in console.booked_at_the_door("recovery_codes.made"))
    assert not any(code in booked for code in [*codes, *fresh])
    assert sealed_secrets() == 1  # of the codes that are good; what belonged to the others is destroyed


def test_the_only_factor_is_not_removed_and_a_proof_ends_with_what_gave_it(
    console: Console, as_officer: Browser
) -> None:
    enrolled(as_officer)
    (app,) = Authenticator.objects.filter(type="totp")
    only = as_officer.post(f"/second-factor/{app.pk}/remove/", follow=True)
    assert "your only second factor" in only.content.decode()
    with_passkey(as_officer, name="blue")
    (key,) = Authenticator.objects.filter(type="webauthn")
    assertRedirects(as_officer.post(f"/second-factor/{key.pk}/remove/"), PAGE)
    assert proved_at(as_officer, console.officer) is None
    assert "blue" not in as_officer.get(PAGE).content.decode()
    assert len(console.booked_at_the_door("second_factor.removed")) == 1


def test_nobody_changes_the_factors_of_somebody_else(as_officer: Browser, as_support: Browser) -> None:
    with_passkey(as_officer)
    with_passkey(as_support)
    theirs = Authenticator.objects.filter(user__username="officer", type="webauthn").get()
    for verb in ("rename", "remove"):
        assert as_support.post(f"/second-factor/{theirs.pk}/{verb}/", {"name": "x"}).status_code == 404
        assert Browser().post(f"/second-factor/{theirs.pk}/{verb}/").headers["Location"].startswith("/login/")
        assert as_support.get(f"/second-factor/{theirs.pk}/{verb}/").status_code == 405
    assert Browser().post(RECOVERY).headers["Location"].startswith("/login/")
    assert Authenticator.objects.filter(user__username="officer", type="webauthn").get().data["name"] == "Passkey"


def test_a_superuser_with_a_fresh_factor_resets_those_of_another_who_is_told(
    console: Console, as_superuser: Browser, as_officer: Browser
) -> None:
    enrolled(as_officer)
    page = f"/admin/governance/account/{console.officer.pk}/reset_factors/"
    assert "Take all second factors from officer?" in as_superuser.get(page).content.decode()
    referer = {"Referer": f"http://testserver{page}"}
    led = as_superuser.post(page, headers=referer)
    assert led["Location"] == confirm_and_back(page) and Authenticator.objects.filter(type="totp").exists()
    assertRedirects(as_superuser.get(led["Location"]), f"{PAGE}?next={quote(page, safe='')}")
    with_passkey(as_superuser)
    assert as_superuser.post(page).status_code == 302
    assert not Authenticator.objects.filter(user=console.officer).exists()
    assert proved_at(as_officer, console.officer) is None
    (entry,) = console.booked_at_the_door("second_factor.reset")
    assert entry.actor.id == console.superuser.id
    assert entry.facts == {"account": str(console.officer.id), "factors": ["totp", "recovery_codes"]}
    told = Browser()
    answer = told.post("/login/", {"username": "officer", "password": PASSWORD, "next": PAGE}, follow=True)
    assert answer.content.decode().count("Your second factors were taken away on") == 2
    assert "has no second factor" in as_superuser.get(page).content.decode()
    assert "has no second factor" not in as_superuser.get("/admin/governance/account/").content.decode()
    assert sign_in(Browser(), "support", PASSWORD).status_code == 302


def test_nobody_but_a_superuser_resets_factors_and_nobody_their_own(
    console: Console, as_superuser: Browser, as_officer: Browser, as_support: Browser
) -> None:
    for browser in (as_superuser, as_officer, as_support):
        with_passkey(browser)
    page = f"/admin/governance/account/{console.officer.pk}/reset_factors/"
    own = f"/admin/governance/account/{console.superuser.pk}/reset_factors/"
    for browser in (as_officer, as_support):
        assert browser.get(page).status_code == browser.post(page).status_code == 403
    assert as_superuser.post(own).status_code == 403
    assert Browser().post(page).status_code == 302
    assert Authenticator.objects.filter(type="webauthn").count() == 3
    assert console.booked_at_the_door("second_factor.reset") == []


def test_the_shell_resets_factors_where_no_superuser_can(console: Console, as_superuser: Browser) -> None:
    with_passkey(as_superuser)
    for name, fault in (("nobody", "no such operator"), ("officer", "no second factor")):
        with pytest.raises(CommandError, match=fault):
            call_command("reset_second_factors", name)
    call_command("reset_second_factors", "superuser")
    assert not Authenticator.objects.exists() and sealed_secrets() == 0
    assert console.booked_at_the_door("second_factor.reset")[0].actor.kind == "system"


def test_offers_that_nobody_took_are_destroyed_and_what_is_enrolled_stays(
    as_officer: Browser, as_support: Browser, clock: Clock
) -> None:
    secret = enrolled(as_officer)
    offered = shown_secret(as_support)
    assert sealed_secrets() == 3 and forget_offers(now=timezone.now()) == 0
    later = timezone.now() + timedelta(hours=25)
    assert forget_offers(now=later) == 1 and forget_offers(now=later) == 0
    clock.now = NOW + 30
    assertRedirects(as_officer.post(CONFIRM, {"code": code_of(secret, clock.now)}), PAGE)
    session = as_support.session
    session["second_factor_offered_at"] = (timezone.now() - timedelta(hours=2)).isoformat()
    session.save()
    assert shown_secret(as_support) != offered  # what is too old is not offered any more


def test_recovery_codes_stand_in_for_something(console: Console) -> None:
    with pytest.raises(FactorNeeded):
        make_recovery_codes(account_id=console.officer.pk, proved_at=None, now=timezone.now())


def test_questions_are_asked_only_of_passkeys_that_are_there(as_officer: Browser) -> None:
    enrolled(as_officer)
    assert "data-passkey" not in as_officer.get(CONFIRM).content.decode()
    with_passkey(as_officer)
    assert len(asked_of(as_officer, CONFIRM)["allowCredentials"]) == 1


@pytest.mark.parametrize("kind", ["code", "recovery code", "passkey"])
def test_of_many_who_send_the_same_at_the_same_time_one_proves_it(
    console: Console, as_officer: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(tries, "TRIES", 100)
    account_id = console.officer.pk
    form = {"password": PASSWORD, "code": code_of(secret := shown_secret(as_officer))}
    codes = CODES.findall(as_officer.post(APP, form).content.decode())
    key = with_passkey(as_officer)
    asked = asked_of(as_officer, CONFIRM)
    clock.now = NOW + 30
    signed, code = key.signed(asked), code_of(secret, clock.now) if kind == "code" else codes[0]

    def try_it(_: int) -> bool:
        try:
            if kind == "passkey":
                prove_passkey(account_id=account_id, answer=signed, challenge=asked["challenge"])
            else:
                prove_second_factor(account_id=account_id, code=code)
        except Invalid:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(try_it, range(6))) == [False] * 5 + [True]
