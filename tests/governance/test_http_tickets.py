"""Tickets of another system: a real server answers well, wrongly, slowly, and not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from governance import tickets
from governance.errors import Unavailable
from governance.models import Account
from governance.tickets import HttpTickets, TicketFound
from tests.governance.remote import Remote, remote

ADA, ANYWHERE = uuid4(), uuid4()
GOOD: dict[str, Any] = {"reference": "CASE-1", "open": True, "assignee": "sue", "subject_id": str(ADA)}


@pytest.fixture
def desk(settings: Any) -> Iterator[Remote]:
    with remote() as server:
        settings.GOVERNANCE_TICKETS = "governance.tickets.HttpTickets"
        settings.GOVERNANCE_TICKETS_URL = f"http://127.0.0.1:{server.port}/cases/"
        settings.GOVERNANCE_TICKETS_TOKEN = "a token of the test"
        server.body = json.dumps(GOOD).encode()
        yield server


def test_a_ticket_is_asked_for_with_the_token_and_its_reference_alone(desk: Remote) -> None:
    assert HttpTickets().find(" case-1 ", environment_id=ANYWHERE) == TicketFound("CASE-1", True, "sue", ADA)

    (asked,) = desk.asked
    assert (asked["method"], asked["path"], asked["body"]) == ("GET", "/cases/case-1", "")
    assert asked["headers"]["authorization"] == "Bearer a token of the test"


def test_who_opened_it_and_when_may_be_said(desk: Remote) -> None:
    desk.body = json.dumps({**GOOD, "opened_by": "sam", "opened_at": "2026-03-02T09:00:00+01:00"}).encode()
    found = HttpTickets().find("CASE-1", environment_id=ANYWHERE)
    assert found is not None and (found.opened_by, found.is_kept_here) == ("sam", False)
    assert found.opened_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_reference_never_leaves_its_place_in_the_address(desk: Remote) -> None:
    with pytest.raises(Unavailable):
        HttpTickets().find("../admin?all=1#x", environment_id=ANYWHERE)

    assert desk.asked[0]["path"] == "/cases/..%2Fadmin%3Fall%3D1%23x"


@pytest.mark.parametrize("open_", [True, False])
def test_only_an_open_ticket_of_ones_own_about_this_person_is_good(desk: Remote, open_: bool) -> None:
    desk.body = json.dumps({**GOOD, "open": open_}).encode()
    sue, sam = Account(username="Sue"), Account(username="sam")

    found = HttpTickets().find("CASE-1", environment_id=ANYWHERE)

    assert tickets.is_good(found, account=sue, subject_ids=[ADA]) is open_
    assert not tickets.is_good(found, account=sam, subject_ids=[ADA])
    assert not tickets.is_good(found, account=sue, subject_ids=[uuid4()])
    assert not tickets.is_good(None, account=sue, subject_ids=[ADA])


def test_a_ticket_that_is_not_there_is_none(desk: Remote) -> None:
    desk.status = 404

    assert HttpTickets().find("CASE-9", environment_id=ANYWHERE) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, json.dumps({**GOOD, "open": "yes"}).encode()),
        (200, json.dumps({**GOOD, "reference": "CASE-2"}).encode()),
        (200, json.dumps({**GOOD, "subject_id": "Ada"}).encode()),
        (200, json.dumps({**GOOD, "opened_by": 7}).encode()),
        (200, json.dumps({**GOOD, "opened_at": "2026-03-02T09:00:00"}).encode()),
        (200, b'{"reference": "CASE-1", "open": true, "assignee": "' + b"s" * 70_000 + b'"}'),
    ],
    ids=["fault", "redirect", "page", "array", "not said", "another", "no id", "no name", "no offset", "too long"],
)
def test_what_is_no_answer_justifies_nothing(desk: Remote, status: int, body: bytes) -> None:
    desk.status, desk.body = status, body
    desk.headers = {"Location": "/elsewhere"} if status == 302 else {}

    with pytest.raises(Unavailable, match="does not answer"):
        HttpTickets().find("CASE-1", environment_id=ANYWHERE)
    assert len(desk.asked) == 1


def test_a_slow_answer_is_none(desk: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "SECONDS", 0.2)
    desk.drip_seconds = 0.05

    with pytest.raises(Unavailable):
        HttpTickets().find("CASE-1", environment_id=ANYWHERE)


@pytest.mark.parametrize("url", ["", "http://tickets.example.com", "http://10.0.0.7/", "ftp://localhost/", "https://"])
def test_nothing_is_sent_in_the_clear_beyond_this_machine(settings: Any, url: str) -> None:
    settings.GOVERNANCE_TICKETS_URL = url

    with pytest.raises(Unavailable):
        HttpTickets().find("CASE-1", environment_id=ANYWHERE)
    assert not tickets.is_private_way(url)
    assert tickets.is_private_way("https://tickets.example.com/api")
