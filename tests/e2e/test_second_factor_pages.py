"""Second factors in a real browser: a passkey is made, asked for on the way elsewhere, and bound to its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from pytest_django import Settings

from tests.e2e.conftest import Visitor
from tests.e2e.windows import WINDOWS

if TYPE_CHECKING:
    from tests.console.people import Console

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE, CONFIRM, PASSKEY = "/second-factor/", "/second-factor/confirm/", "/second-factor/passkey/"


@pytest.fixture
def console(transactional_db: None) -> Console:
    from tests.console.people import staffed_console

    cache.clear()
    return staffed_console()


@pytest.fixture(autouse=True)
def public_address(settings: Settings, live_server: object) -> None:
    settings.PUBLIC_URL = str(live_server)


def with_authenticator(visitor: Visitor) -> Callable[[bool], None]:
    """Give the window a device that holds passkeys; the result locks and unlocks it."""
    devices = visitor.page.context.new_cdp_session(visitor.page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def unlock(is_unlocked: bool) -> None:
        devices.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": is_unlocked})

    return unlock


def sign_in(visitor: Visitor, path: str) -> None:
    from tests.console.people import PASSWORD

    page = visitor.open(f"/login/?next={path}")
    page.fill("#id_username", "officer")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_a_passkey_is_set_up_and_asked_for_on_pages_that_everybody_can_use(
    visit: Callable[..., Visitor], console: Console, width: int, scheme: str
) -> None:
    from tests.console.people import PASSWORD

    visitor = visit(width=width, scheme=scheme)
    unlock = with_authenticator(visitor)
    found: list[str] = []

    def looked_at(heading: str) -> None:
        visitor.page.wait_for_selector(f"h1:has-text('{heading}')")
        faults = [*visitor.accessibility_violations(), *visitor.complaints]
        found.extend(f"{heading}: {fault}" for fault in faults)
        if visitor.width_overflow() > 0:
            found.append(f"{heading}: {visitor.width_overflow()} px too wide")
        visitor.complaints.clear()

    page = visitor.page
    sign_in(visitor, f"{CONFIRM}?next=/admin/")
    looked_at("Second factor")
    page.click("text=Add an authenticator app")
    looked_at("Add an authenticator app")
    page.go_back()
    page.click("text=Add a passkey")
    looked_at("Add a passkey")
    page.fill("#name", "blue key")
    page.fill("#password", PASSWORD)
    page.click("button:has-text('Add a passkey')")
    looked_at("Keep these recovery codes")
    assert page.locator(".factor-codes li").count() == 10
    page.click("text=I have kept them")
    page.wait_for_url("**/admin/")

    visitor.open(f"{CONFIRM}?next={PAGE}")
    looked_at("Confirm that it is you")
    unlock(False)
    page.click("button:has-text('Use a passkey')")
    page.wait_for_selector("[data-passkey-fault]:visible")
    assert "Nothing was confirmed" in page.locator("[data-passkey-fault]").inner_text()
    unlock(True)
    page.click("button:has-text('Use a passkey')")
    page.wait_for_url(f"**{PAGE}")
    assert "nothing was done yet" in page.locator("#messages").inner_text()
    page.click("summary[aria-label='Change blue key']")
    looked_at("Second factor")
    page.click("button:has-text('Remove')")
    page.wait_for_selector("text=your only second factor")
    visitor.open(PASSKEY)
    page.click("button:has-text('Add a passkey')")
    page.wait_for_selector("text=holds a passkey of yours already")
    assert found == []


def test_elsewhere_than_at_the_public_address_and_without_scripts_the_page_says_so(
    visit: Callable[..., Visitor], console: Console, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://sealbook.example.com"
    visitor = visit()
    sign_in(visitor, PASSKEY)
    visitor.page.wait_for_selector("text=Passkeys work at https://sealbook.example.com only.")
    assert not visitor.page.locator("[data-passkey-button]").is_visible()
    plain = visit(scripts=False)
    sign_in(plain, PASSKEY)
    plain.page.wait_for_selector("text=Passkeys need JavaScript")
