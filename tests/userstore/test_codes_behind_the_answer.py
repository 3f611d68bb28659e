"""Whether a code goes anywhere shows neither in what is done before the answer nor in when it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import wait
from datetime import datetime
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from governance.errors import Unavailable
from tests.beginnings import beginning
from tests.governance.smtp_stage import MailServer
from tests.userstore.phonebook import given
from tests.userstore.phonedesk import PhoneDesk, letters_taken
from userstore.actions.phone import send_code
from userstore.proving import posting
from userstore.reading import acting, statements

pytestmark = pytest.mark.django_db

begun, desk = beginning(PhoneDesk)


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with letters_taken(settings) as server:
        yield server


def statements_of(
    desk: PhoneDesk, person: UUID, accessor: UUID, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Everything that is said to the database until the answer is there, and about how many a policy decides."""
    said: list[str] = []
    prepared, admit = statements._execute, acting.admit

    def execute(name: str, *rest: Any, **named: Any) -> list[Any]:
        said.append(name)
        return prepared(name, *rest, **named)

    def look(run: Any, sql: str, *rest: Any) -> Any:
        said.append(sql.partition('"s')[0] if "SAVEPOINT" in sql else sql)  # each has a name of its own
        return run(sql, *rest)

    def decide(people: Any, *rest: Any) -> Any:
        said.append(f"policy about {len(people)}")
        return admit(people, *rest)

    with monkeypatch.context() as patch, connection.execute_wrapper(look):
        patch.setattr(acting, "admit", decide)
        patch.setattr(statements, "_execute", execute)
        send_code(desk.sue, desk.call(person, accessor), now=now)
    wait(tuple(posting.under_way))
    return said


@pytest.mark.parametrize("mode", ["strict", "partial"])
def test_the_same_is_said_to_the_database_whether_a_code_goes_anywhere_or_not(
    desk: PhoneDesk, post: MailServer, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    accessor, now = desk.of(mode=mode), timezone.now()
    withdrawn, without, hidden, odd = (desk.subject() for _ in range(4))
    allowed = given("authentication")
    setter = desk.setter(desk.name, desk.mail)
    for person, nick, mail in (
        (withdrawn, {"value": "Cy", **_for(allowed)}, {"value": "cy@example.com", **_for(given("marketing"))}),
        (hidden, {"value": "Di", **_for(given("marketing"))}, {"value": "di@example.com", **_for(allowed)}),
        (odd, {"value": "Ed", **_for(allowed)}, {"value": "Ed Sample", **_for(allowed)}),
    ):
        desk.write(setter, person, {"nick": nick, "mail": mail})
    for _ in range(2):  # which loads what is kept, and remembers the moment
        desk.sent(desk.sam, person=desk.ben, accessor=accessor, now=now)
    post.taken.clear()

    said = {
        name: statements_of(desk, person, accessor, now, monkeypatch)
        for name, person in {
            "address": desk.ada, "none": without, "withdrawn": withdrawn, "hidden": hidden, "no address": odd,
        }.items()
    }  # fmt: skip

    for name, each in said.items():
        assert each == said["address"], name
    assert {"read_subjects", "policy about 1"} <= {*said["address"]} and len(said["address"]) > 10
    taken = [recipients for recipients, _ in post.taken]
    assert taken == [["ada@example.com"], *([["di@example.com"]] if mode == "partial" else [])]


def _for(purposes: Any) -> dict[str, Any]:
    return {"purpose_additions": purposes}


def test_the_answer_waits_for_no_letter(desk: PhoneDesk, post: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go, takes = Event(), post.handle_DATA

    async def held(*asked: Any) -> str:
        await asyncio.get_running_loop().run_in_executor(None, let_go.wait, 30)
        return await takes(*asked)

    monkeypatch.setattr(post, "handle_DATA", held)
    try:
        assert send_code(desk.sue, desk.call()).is_living(timezone.now())
        assert not post.taken and posting.under_way
    finally:
        let_go.set()
    wait(tuple(posting.under_way))
    assert len(post.taken) == 1


@pytest.mark.django_db(transaction=True)  # what fails behind the answer is recorded by a connection of its own
def test_what_the_server_says_of_an_address_is_in_the_book_alone(
    desk: PhoneDesk, post: MailServer, settings: Any
) -> None:
    for reply in ("450 Busy", "550 Unknown"):
        post.to_recipient = reply
        assert desk.sent().is_living(timezone.now())
    assert [entry["reasons"] for entry in desk.booked("subject.code_sent", "failed")] == [
        ["mail: recipient refused"]
    ] * 2
    assert not post.taken
    without = desk.subject()
    settings.EMAIL_PORT = 1
    for person in (desk.ada, without):
        with pytest.raises(Unavailable):
            desk.sent(desk.sam, person=person)
    assert len(desk.booked("subject.code_sent", "failed")) == 4
