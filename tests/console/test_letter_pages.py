"""Dead letters in the console: listed without their records, opened on record, put back, dropped; by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from django.test import Client as Browser

from dataflow.actions.dead_letters import list_letters
from dataflow.console import letters as pages
from dataflow.engines.protocol import Done
from dataflow.engines.redis_streams import RedisStreams
from governance.actions.rights import give_right
from governance.identities import Caller
from governance.models import Account
from tests.dataflow import test_letters_of_people
from tests.dataflow.test_letters_of_people import FLOW, LOST, WHY, failed, told, whole
from tests.plaintext import Marks, in_bytes
from tests.userstore.helpdesk import HelpDesk
from userstore.actions.erasing import erase_subject

pytestmark = pytest.mark.django_db(transaction=True)

begun, desk, engine = test_letters_of_people.begun, test_letters_of_people.desk, test_letters_of_people.engine
"""Fixtures."""
LETTERS = "/admin/dead-letters/"
ONE, ACT = f"{LETTERS}one", f"{LETTERS}act"
SCRIPT = "<script>alert(1)</script>"
As = Callable[[Caller], Browser]


@pytest.fixture
def amy(desk: HelpDesk) -> Caller:
    """She may configure."""
    give_right(desk.system, holder=desk.account(desk.amy), operation="configure", on=desk.environment)
    return desk.amy


@pytest.fixture
def as_(desk: HelpDesk) -> As:
    """The console as somebody sees it."""
    Account.objects.filter(kind=Account.OPERATOR).update(is_staff=True)

    def signed_in(caller: Caller) -> Browser:
        browser = Browser()
        browser.force_login(desk.account(caller), backend="django.contrib.auth.backends.ModelBackend")
        session = browser.session
        session["environment"] = str(caller.environment_id)
        session.save()
        return browser

    return signed_in


def page(browser: Browser, path: str, **asked: str) -> str:
    answer = browser.get(path, asked)
    assert answer.status_code == 200, (path, answer.status_code)
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def waiting(desk: HelpDesk) -> list[str]:
    return [each.letter.id for each in list_letters(desk.officer, flow=FLOW).letters]


def test_they_are_listed_by_flow_and_never_say_what_is_in_them(
    desk: HelpDesk, engine: RedisStreams, as_: As, amy: Caller
) -> None:
    browser = as_(amy)
    assert "No flow has run in this environment" in page(browser, LETTERS)
    marks = Marks()
    of_ada, of_nobody = failed(engine, desk.ada, None, text=marks.free_text)
    assert f'href="{LETTERS}?flow=tests%2Ffraud">{FLOW}</a>' in page(browser, LETTERS)
    shown = page(browser, LETTERS, flow=FLOW)
    for told_ in (of_ada, of_nobody, LOST.failure, "a person's", "nobody's who is known"):
        assert str(told_) in shown
    closed = page(browser, ONE, flow=FLOW, letter=of_ada) + page(browser, ONE, flow=FLOW, letter=of_nobody)
    assert "a right to configure does not open it" in closed and "It opens for who may configure" in closed
    assert in_bytes((shown + closed).encode(), marks.forms) == set()
    assert str(desk.ada) not in shown + closed
    assert "None waits" in page(browser, LETTERS, flow="tests/other")
    erase_subject(desk.service, subject_id=desk.ada)
    assert of_ada not in page(browser, LETTERS, flow=FLOW)
    assert browser.get(ONE, {"flow": FLOW, "letter": of_ada}).status_code == 404


def test_a_persons_opens_under_a_grant_with_a_reason_and_for_no_officer(
    desk: HelpDesk, engine: RedisStreams, as_: As, amy: Caller
) -> None:
    (letter,) = failed(engine, desk.ada)
    asked = {"flow": FLOW, "letter": letter, "reason": WHY}
    assert as_(amy).post(ONE, asked).status_code == 403
    sue = as_(desk.sue)
    refused = sue.post(ONE, asked)
    assert (refused.status_code, str(desk.ada) in refused.content.decode()) == (403, False)
    assert "/access/decisions/" in refused.content.decode()
    whole(desk)
    short = sue.post(ONE, asked | {"reason": SCRIPT[:9]}).content.decode()
    assert "Say in 10 to 1000 characters" in short and escape(SCRIPT[:9]) in short and str(desk.ada) not in short
    opened = sue.post(ONE, asked)
    assert str(desk.ada) in opened.content.decode() and "no-store" in opened["Cache-Control"]
    assert "Put it back" not in opened.content.decode(), "she may not configure"
    assert [(each["letter"], "grant" in each) for each in told(desk, "opened")] == [(letter, True)]
    assert len(told(desk, "opened", "refused")) == 2


def test_nobodys_opens_for_who_configures_and_is_text_on_the_page(
    desk: HelpDesk, engine: RedisStreams, as_: As, amy: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = Done((), (), f"mask: {SCRIPT}")
    monkeypatch.setattr(test_letters_of_people, "LOST", strange)
    (letter,) = failed(engine, None, text=SCRIPT)
    asked = {"flow": FLOW, "letter": letter, "reason": f"{WHY} {SCRIPT}"}
    assert as_(desk.sue).post(ONE, asked).status_code == 403
    browser = as_(amy)
    bodies = [
        page(browser, LETTERS, flow=FLOW),
        page(browser, LETTERS, flow=SCRIPT),
        browser.post(ONE, asked | {"reason": f"{SCRIPT}{'x' * 1000}"}).content.decode(),
        browser.post(ONE, asked).content.decode(),
    ]
    for body in bodies:
        assert SCRIPT not in body and escape(SCRIPT) in body
    assert "<dt>Why</dt>" in bodies[3] and 'id="letter-value"' in bodies[3]


def test_who_configures_puts_letters_back_or_drops_them(
    desk: HelpDesk, engine: RedisStreams, as_: As, amy: Caller
) -> None:
    first, second, third, _ = failed(engine, desk.ada, None, desk.ben, None)
    browser = as_(amy)

    def act(name: str, *letters: str) -> str:
        asked = {"flow": FLOW, "act": name, "letter": list(letters)}
        return browser.post(ACT, asked, follow=True).content.decode()

    assert "Choose at least one letter." in act("replay")
    assert "Put back: 1." in act("replay", first)
    assert "Dropped for good: 1." in act("drop", second, "1-1")
    nameless = browser.post(ACT, {"flow": "x" * 129, "act": "drop", "letter": [third]})
    assert "This is no name of a flow" in page(browser, "/admin/"), nameless.status_code
    assert browser.post(ACT, {"flow": FLOW, "act": "dance"}).status_code == 404
    assert browser.post(ACT, {"flow": FLOW, "act": "drop-some"}).status_code == 404
    assert waiting(desk)[0] == third
    assert "Dropped for good: 2." in act("drop-all")
    assert "Put back: 0." in act("replay-all")
    assert waiting(desk) == []
    assert [each["letters"] for each in told(desk, "dropped")] == [2, 1]
    assert browser.get(ACT).status_code == 405


def test_nothing_is_dropped_that_the_book_does_not_know_of(
    desk: HelpDesk, engine: RedisStreams, as_: As, amy: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    (letter,) = failed(engine, None)
    booked: list[int] = []
    real = RedisStreams.letters

    def letters(of: RedisStreams, flow: str) -> object:
        found = real(of, flow)

        def drop(ids: list[str]) -> int:
            booked.append(len(told(desk, "dropped")))  # read by another connection than the page's
            return len(ids)

        monkeypatch.setattr(found, "drop", drop)
        return found

    monkeypatch.setattr(RedisStreams, "letters", letters)
    as_(amy).post(ACT, {"flow": FLOW, "act": "drop", "letter": [letter]})
    assert booked == [1]


def test_who_holds_a_right_sees_that_there_are_some_and_decides_nothing(
    desk: HelpDesk, engine: RedisStreams, as_: As
) -> None:
    (letter,) = failed(engine, None)
    sue = as_(desk.sue)
    assert letter in page(sue, LETTERS, flow=FLOW)
    assert "Put the chosen back" not in page(sue, LETTERS, flow=FLOW)
    assert f'href="{LETTERS}"' in page(sue, "/admin/")
    for act in ("replay", "drop", "drop-all"):
        assert sue.post(ACT, {"flow": FLOW, "act": act, "letter": [letter]}).status_code == 403
    assert waiting(desk) == [letter]


def test_an_outsider_sees_nothing(desk: HelpDesk, engine: RedisStreams, as_: As) -> None:
    (letter,) = failed(engine, None)
    otto, asked = as_(desk.otto), {"flow": FLOW, "letter": letter}
    for path, query in ((LETTERS, {}), (LETTERS, {"flow": FLOW}), (ONE, asked)):
        assert otto.get(path, query).status_code == 403
        assert Browser().get(path, query).status_code == 302
    assert otto.post(ONE, asked | {"reason": WHY}).status_code == 403
    assert otto.post(ACT, asked | {"act": "drop"}).status_code == 403
    assert f'href="{LETTERS}"' not in page(otto, "/admin/")
    assert waiting(desk) == [letter]


def test_what_another_environment_has_is_not_there(desk: HelpDesk, engine: RedisStreams, as_: As) -> None:
    (letter,) = failed(engine, None)
    abroad = HelpDesk()
    give_right(abroad.system, holder=abroad.account(abroad.amy), operation="configure", on=abroad.environment)
    Account.objects.filter(kind=Account.OPERATOR).update(is_staff=True)
    browser, asked = as_(abroad.amy), {"flow": FLOW, "letter": letter}
    assert "No flow has run" in page(browser, LETTERS)
    assert "None waits" in page(browser, LETTERS, flow=FLOW)
    assert browser.get(ONE, asked).status_code == 404
    assert browser.post(ONE, asked | {"reason": WHY}).status_code == 404
    assert "Dropped for good: 0." in browser.post(ACT, asked | {"act": "drop"}, follow=True).content.decode()
    assert waiting(desk) == [letter]


def test_there_are_pages_and_strange_questions_are_refused(
    desk: HelpDesk, engine: RedisStreams, as_: As, amy: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SHOWN", 2)
    first, second, third = failed(engine, None, None, None)
    browser = as_(amy)
    shown = page(browser, LETTERS, flow=FLOW)
    assert [each in shown for each in (first, second, third)] == [True, True, False]
    further = shown.partition('href="?')[2].partition('"')[0].replace("&amp;", "&")
    shown = browser.get(f"{LETTERS}?{further}").content.decode()
    assert [f'value="{each}"' in shown for each in (first, second, third)] == [False, False, True]
    assert browser.get(LETTERS, {"flow": FLOW, "after": "x"}).status_code == 400
    assert browser.get(LETTERS, {"flow": "x" * 129}).status_code == 400
    for letter in ("", "x", "1-1"):
        assert browser.get(ONE, {"flow": FLOW, "letter": letter}).status_code == 404


def test_without_redis_it_is_said(desk: HelpDesk, as_: As, amy: Caller, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert as_(amy).get(LETTERS, {"flow": FLOW}).status_code == 503
