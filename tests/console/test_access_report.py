"""Who looked at a person, as a page: from the book alone, on record itself, and nothing of anybody who was erased."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client as Browser

from audit.actors import Actor
from audit.events import declared
from audit.recorder import append
from governance.actions.rights import give_right
from governance.identities import system_caller
from tests import cast
from tests.console.people import Console
from tests.console.test_erasure_pages import NUMBER, Law
from userstore.actions.erasing import erase_subject

PAGE, FIND = "/admin/access-report/", "/admin/access-report/find/"
JOB = "nightly-export"


@pytest.fixture
def law(console: Console, settings: Any, tmp_path: Path) -> Law:
    settings.USERSTORE_TOMBSTONES = tmp_path / "erasures.ledger"
    return Law(console.environment)


def handle_of(console: Console) -> str:
    return str(console.booked("subject.reported")[0].facts["subjects"][0])


def looked(console: Console, handle: str, actor: Actor, *others: str, **facts: Any) -> None:
    append(
        declared()["accessor.executed"],
        environment_id=console.environment.id,
        actor=actor,
        facts={"accessor": uuid4(), "name": "GetPhone", "subjects": [handle, *others], "rows": 1, **facts},
    )


def test_the_report_says_who_saw_which_fields_what_for_and_is_on_record_itself(
    console: Console, law: Law, as_officer: Browser
) -> None:
    ada = law.person("marketing")
    assert "Nobody looked" in as_officer.post(PAGE, {"user": str(ada)}).content.decode()
    handle = handle_of(console)
    operator = Actor("operator", console.support.id)
    looked(console, handle, operator, columns=["phone", "note"], purposes=["support"])
    job = cast.new_player(console.environment, JOB)
    crowd = [f"{number:032x}" for number in range(40)]
    looked(console, handle, job.caller.actor, *crowd, columns=["phone"], purposes=["billing"], exported=True)
    looked(console, f"{7:032x}", operator, columns=["secret_field"], purposes=["support"])

    answer = as_officer.post(PAGE, {"user": str(ada), "days": "30"})

    html = answer.content.decode()
    assert all(each in html for each in ("support", "phone, note", "billing", JOB, "with 40 others", "exported"))
    assert "secret_field" not in html and NUMBER not in html and "no-store" in answer["Cache-Control"]
    reported = console.booked("subject.reported")
    assert [(each.actor.id, each.facts["entries"]) for each in reported] == [
        (console.officer.id, 2),
        (console.officer.id, 0),
    ]


def test_an_erased_person_leads_to_no_entry_any_more(console: Console, law: Law, as_officer: Browser) -> None:
    ada = law.person("marketing")
    as_officer.post(PAGE, {"user": str(ada)})
    eraser = cast.new_caller(console.environment, "eraser", erase=True)
    erase_subject(eraser, subject_id=ada)
    assert "There is no such person" in as_officer.post(PAGE, {"user": str(ada)}).content.decode()


@pytest.mark.parametrize("typed", ["", "nonsense", str(UUID(int=1))])
def test_nobody_of_that_id_is_said_beside_the_field(console: Console, as_officer: Browser, typed: str) -> None:
    assert "user-fault" in as_officer.post(PAGE, {"user": typed}).content.decode()


def test_who_may_not_read_the_book_gets_no_report_and_looking_up_takes_the_right_to_erase(
    console: Console, law: Law, as_officer: Browser, as_support: Browser
) -> None:
    ada = law.person("marketing")
    value = {"column": str(law.phone), "value": NUMBER}
    assert as_support.get(PAGE).status_code == as_support.post(PAGE, {"user": str(ada)}).status_code == 403
    assert as_officer.post(FIND, value).status_code == 403
    give_right(system_caller(console.environment.id), holder=console.officer, operation="erase", on=console.environment)
    assert str(ada) in as_officer.post(FIND, value).content.decode()
    assert Browser().post(PAGE, {"user": str(ada)}).status_code == 302
    elsewhere = Law(cast.new_environment()).person("marketing")
    assert "There is no such person" in as_officer.post(PAGE, {"user": str(elsewhere)}).content.decode()
    assert not console.booked("subject.reported")
