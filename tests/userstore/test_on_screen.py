"""What is on a screen goes when it may no longer be shown, and asking for that opens and records nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client as Browser

from audit import queries
from governance.actions.builtin import DENY_ALL
from governance.actions.rights import give_right
from governance.models import Grant
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import ALLOW, given
from tests.userstore.phonedesk import PhoneDesk, code_in, letters_taken
from tests.userstore.test_staff_pages import browser_of
from userstore.actions.accessors import AccessorSpec, OutputSpec, republish_accessor
from userstore.actions.consents import change_consent
from userstore.actions.deletion import delete_subject
from userstore.actions.erasing import erase_subject
from userstore.actions.visibility import VisibilitySpec
from userstore.levels import NOTHING_SHOWN
from userstore.models import Accessor
from userstore.models.accessors import MASKED, PLAIN
from userstore.reading import opening

pytestmark = pytest.mark.django_db(transaction=True)


class Desk(PhoneDesk):
    """The desk, with somebody who may erase and somebody's grant for both fields of Ada's record."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for operation in ("erase", "consent", "write"):
            give_right(self.system, holder=self.account(self.auditor), operation=operation, on=self.environment)
        self.nick_alone = self.setter(self.name)

    def published(self, accessor: UUID, *outputs: OutputSpec, **asked: Any) -> None:
        """The next version of an accessor."""
        with in_environment(self.environment.id):
            stored = Accessor.objects.get(public_id=accessor)
        purposes, policy = (self.purposes["authentication"].public_id,), asked.pop("policy", ALLOW)
        spec = AccessorSpec(stored.name, stored.selector, outputs, purposes, policy, consent_mode=stored.consent_mode)
        republish_accessor(self.system, public_id=accessor, spec=spec)

    def changed(self, person: UUID, value: str | None) -> None:
        self.write(self.nick_alone, person, {"nick": {"value": value, "purpose_additions": given("authentication")}})


begun, desk = beginning(Desk)


class Screen:
    """A page with what has been revealed on it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.shown: list[str] = []

    def reveal(self, **field: Any) -> str:
        told = self.browser.post(f"{self.address}reveal", field).content.decode()
        imprint = told.partition('name="shown" value="')[2].partition('"')[0]
        self.shown += [imprint] if imprint else []
        return imprint

    def asked(self, *shown: str) -> Any:
        known = self.browser.get(self.address).content.decode().partition('id="known" value="')[2].partition('"')[0]
        return self.browser.get(self.address, {"known": known, "shown": shown or self.shown})

    def gone(self, *shown: str) -> list[str]:
        """What has to go, of what is shown."""
        event = self.asked(*shown).headers.get("HX-Trigger")
        return json.loads(event)["sealbook:gone"]["shown"] if event else []


def screen_of(desk: Desk, grant: Grant) -> Screen:
    return Screen(browser_of(desk, desk.sue), f"/access/requests/{grant.request_id}/")


def rules_for_oneself(desk: Desk, level: str) -> None:
    """Show people this much of their own name on the phone."""
    rules = VisibilitySpec(NOTHING_SHOWN, mask=desk.full, oneself=level)
    address = OutputSpec(desk.mail, visibility=VisibilitySpec(NOTHING_SHOWN, takes_code=True))
    desk.published(desk.own, OutputSpec(desk.name, visibility=rules), address)


ENDS: dict[str, Callable[[Desk], object]] = {
    "the person withdraws their consent": lambda desk: change_consent(
        desk.auditor, subject_id=desk.ada, purpose="authentication", permitted=False
    ),
    "the person is erased": lambda desk: erase_subject(desk.auditor, subject_id=desk.ada),
    "the person is deleted": lambda desk: delete_subject(desk.auditor, subject_id=desk.ada),
    "the value is deleted": lambda desk: desk.changed(desk.ada, None),
    "its column is left out of the accessor": lambda desk: desk.published(desk.record, OutputSpec(desk.age)),
    "a policy refuses": lambda desk: desk.published(
        desk.record, OutputSpec(desk.name), OutputSpec(desk.age), policy=DENY_ALL
    ),
    "the value is replaced": lambda desk: desk.changed(desk.ada, "Augusta King"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_a_value_goes_when(desk: Desk, end: Callable[[Desk], object]) -> None:
    screen = screen_of(desk, desk.granted(columns=[desk.name, desk.age]))
    nick = screen.reveal(subject=str(desk.ada), column=str(desk.name))
    screen.reveal(subject=str(desk.ada), column=str(desk.age))
    assert len(set(screen.shown)) == 2 and screen.gone() == []
    desk.changed(desk.ben, "Benjamin Example")
    assert screen.gone() == [], "nothing of hers has changed"

    end(desk)

    assert nick in screen.gone()


def test_asking_opens_no_value_and_leaves_no_entry_where_revealing_does_both(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, opened = screen_of(desk, desk.granted(columns=[desk.name])), []
    real = opening.subject_key_opener
    monkeypatch.setattr(opening, "subject_key_opener", lambda *of, **how: opened.append(of) or real(*of, **how))
    screen.reveal(subject=str(desk.ada), column=str(desk.name))
    entries = len(queries.entries(environment_id=desk.environment.id, limit=1500))

    assert opened and screen.gone() == [] and screen.gone("0" * 32) == ["0" * 32]

    assert len(opened) == 1
    assert len(queries.entries(environment_id=desk.environment.id, limit=1500)) == entries


def test_nobody_learns_by_asking_what_they_were_not_shown(desk: Desk) -> None:
    both = {"columns": [desk.name], "subject_ids": [desk.ada], "ticket": "CASE-2"}
    screen = screen_of(desk, desk.granted(**both))
    imprint = screen.reveal(subject=str(desk.ada), column=str(desk.name))
    of_ben = screen_of(desk, desk.granted(**{**both, "subject_ids": [desk.ben]}))

    assert of_ben.gone(imprint) == [imprint], "what was shown of one person says nothing of another"
    assert "HX-Trigger" not in screen.asked("x", "\r\nSet-Cookie: a", "é" * 32).headers
    before = screen.asked().headers
    desk.changed(desk.ben, None)
    assert screen.asked().headers.keys() == before.keys()
    assert of_ben.asked().headers.keys() == before.keys(), "a field that was not revealed is told nothing of"
    outsider = browser_of(desk, desk.otto)
    assert outsider.get(screen.address, {"shown": [imprint]}).status_code == 404
    assert Browser().get(screen.address, {"shown": [imprint]}).status_code == 302


def test_where_a_script_looks_at_a_person_a_change_of_what_it_looks_at_has_the_field_go(desk: Desk) -> None:
    looks = desk.script_policy("return context.user.mail != ''")
    desk.published(desk.record, OutputSpec(desk.name), policy=looks)
    screen = screen_of(desk, desk.granted(columns=[desk.name]))
    screen.reveal(subject=str(desk.ada), column=str(desk.name))
    assert screen.shown and screen.gone() == []

    desk.write(
        desk.setter(desk.mail),
        desk.ada,
        {"mail": {"value": "elsewhere@example.com", "purpose_additions": given("authentication")}},
    )

    assert screen.gone() == screen.shown


def test_on_the_phone_a_field_goes_with_the_consent_and_when_its_rule_becomes_stricter(
    desk: Desk, settings: Any
) -> None:
    rules_for_oneself(desk, PLAIN)
    with letters_taken(settings) as post:
        proof = desk.sent()
        desk.prove(proof, code_in(post))
    screen = Screen(browser_of(desk, desk.sue), f"/access/phone/calls/{proof.pk}/")
    first = screen.reveal(column=str(desk.name))
    assert first and screen.gone() == []

    rules_for_oneself(desk, MASKED)

    assert screen.gone() == [first]
    screen.shown = []
    second = screen.reveal(column=str(desk.name))
    assert second and screen.gone() == []
    change_consent(desk.auditor, subject_id=desk.ada, purpose="authentication", permitted=False)
    assert screen.gone() == [second]
