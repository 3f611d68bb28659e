"""The live book: every entry once, in the order of the tree, whatever order transactions were committed in."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from audit.actions import reading
from audit.actors import Actor
from audit.events import declared
from audit.recorder import append
from keyring.walls import in_environment
from tests import cast
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import sealing
from tests.console.people import Console

PAGE = "/admin/book/live/"


def state_of(html: str) -> str:
    return re.findall(r'data-state="([^"]+)"', html)[0]


def places_of(html: str) -> list[int]:
    return [int(each) for each in re.findall(r'data-index="(\d+)"', html)]


def polled(browser: Browser, state: str) -> tuple[list[int], str]:
    html = browser.get(f"{PAGE}rows", {"state": state}).content.decode()
    return places_of(html), state_of(html)


def seal_all(role_url: AddressOf) -> None:
    """Seal until nothing waits: transactions of other databases of the cluster may hold it back."""
    waiting = "select count(*) from audit_entry e where not exists (select from audit_leaf l where l.entry_id = e.id)"
    with sealing(role_url) as sealer:
        while run(role_url("auditor"), waiting) != [(0,)]:
            sealer.turn(now=timezone.now())


def defined(console: Console, name: str) -> None:
    """Have the book say that somebody defined a purpose."""
    append(
        declared()["purpose.defined"],
        environment_id=console.environment.id,
        actor=Actor("operator", console.officer.id),
        facts={"name": name},
    )


def test_what_comes_is_shown_once_although_it_is_committed_out_of_order(
    console: Console, as_officer: Browser, role_url: AddressOf
) -> None:
    seal_all(role_url)
    state = state_of(as_officer.get(PAGE, {"kind": "purpose.defined"}).content.decode())
    has_begun, may_end = Event(), Event()

    def slowly() -> None:
        try:
            with transaction.atomic(), in_environment(console.environment.id):
                defined(console, "slow")
                has_begun.set()
                may_end.wait(20)
        finally:
            connection.close()

    thread = Thread(target=slowly)
    thread.start()
    assert has_begun.wait(20)
    defined(console, "quick")
    with sealing(role_url) as sealer:
        sealer.turn(now=timezone.now())
    before, state = polled(as_officer, state)
    may_end.set()
    thread.join()
    seal_all(role_url)
    after, state = polled(as_officer, state)
    assert len(before + after) == 2 and len(set(before + after)) == 2
    assert polled(as_officer, state)[0] == []


def test_a_lost_answer_is_asked_for_again_and_a_long_tail_comes_in_parts(
    console: Console, as_officer: Browser, role_url: AddressOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_FOLLOWED", 2)
    seal_all(role_url)
    state = state_of(as_officer.get(PAGE, {"kind": "purpose.defined"}).content.decode())
    for name in ("one", "two", "three"):
        defined(console, name)
    seal_all(role_url)
    assert polled(as_officer, state)[0] == polled(as_officer, state)[0]
    first, state = polled(as_officer, state)
    second, state = polled(as_officer, state)
    assert (len(first), len(second)) == (2, 1)
    assert min(second) > max(first) and first == sorted(first, reverse=True)


def test_the_book_says_who_follows_it_and_not_at_every_look(
    console: Console, as_officer: Browser, role_url: AddressOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_all(role_url)
    state = state_of(as_officer.get(PAGE).content.decode())
    for _ in range(3):
        state = polled(as_officer, state)[1]
    assert [each.facts["door"] for each in console.booked("audit.read")] == ["live"]
    monkeypatch.setattr(reading, "SAID_AGAIN", timedelta(seconds=-1))
    polled(as_officer, state)
    assert len(console.booked("audit.read")) == 2


def test_a_state_is_its_owners_in_its_environment_and_nobody_makes_one(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    state = state_of(as_officer.get(PAGE).content.decode())
    for forged in ("", "nonsense", f"{state}x"):
        assert as_officer.get(f"{PAGE}rows", {"state": forged}).status_code == 400
    assert as_support.get(PAGE).status_code == 403
    assert as_support.get(f"{PAGE}rows", {"state": state}).status_code == 403
    assert Browser().get(f"{PAGE}rows", {"state": state}).status_code == 302
    session = as_officer.session
    session["environment"] = str(cast.new_environment().id)
    session.save()
    assert as_officer.get(f"{PAGE}rows", {"state": state}).status_code in (403, 409)


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"accessor": "GetPhone"}, True),
        ({"accessor": "5ea1b00c-0000-4000-8000-00000000000a"}, True),
        ({"accessor": 'Get"Phone'}, False),
        ({"purpose": "market.ing"}, True),
        ({"purpose": "marketxing"}, False),
        ({"purpose": "market.ing", "until": "2020-01-01T00:00"}, False),
        ({"since": "2020-01-01T00:00", "accessor": "GetPhone", "purpose": "operational"}, True),
        ({"until": "nonsense"}, False),
    ],
)
def test_filters_of_accessor_purpose_and_time_narrow_both_pages(
    console: Console, as_officer: Browser, role_url: AddressOf, query: dict[str, str], is_found: bool
) -> None:
    append(
        declared()["accessor.executed"],
        environment_id=console.environment.id,
        actor=Actor("operator", console.officer.id),
        facts={
            "accessor": "5ea1b00c-0000-4000-8000-00000000000a",
            "name": "GetPhone",
            "purposes": ["market.ing", "operational"],
            "rows": 1,
        },
    )
    seal_all(role_url)
    assert ('page-kind" href' in as_officer.get("/admin/book/", query).content.decode()) is is_found
    assert bool(places_of(as_officer.get(PAGE, query).content.decode())) is is_found
