"""Erasing from the console: found, previewed, confirmed by typing, with a receipt; nothing that was typed is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client as Browser

from governance.actions.rights import give_right
from governance.identities import system_caller
from governance.models import SigningKey
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.userstore.lifetimes import Lifetimes
from tests.userstore.phonebook import given
from userstore.actions.deletion import delete_subject
from userstore.actions.erasure_preview import find_subjects, preview_erasure
from userstore.actions.holds import place_hold
from userstore.erasure.receipts import verified
from userstore.errors import Invalid
from userstore.models import Erasure, Subject, Value

FIND, PREVIEW, ERASE = "/admin/erasures/", "/admin/erasures/preview/", "/admin/erasures/erase/"
NUMBER = "555-0123"


class Law(Lifetimes):
    """Numbers for marketing, and for bookkeeping, for which a law obliges to keep them for two years."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.purposes["bookkeeping"] = cast.new_purpose(self.environment, "bookkeeping", "legal_obligation")
        self.phone, self.note = self.phones(), self.column("note")
        self.set = self.setter(self.phone)
        self.keep_deleted("year", 2, purpose="bookkeeping")

    def person(self, *purposes: str, number: str = NUMBER) -> UUID:
        subject = self.subject()
        change = {"phone": {"value_additions": [number], "purpose_additions": given(*purposes)}}
        self.write(self.set, subject, change)
        return subject


@pytest.fixture
def law(console: Console, settings: Any, tmp_path: Path) -> Law:
    settings.USERSTORE_TOMBSTONES = tmp_path / "erasures.ledger"
    system = system_caller(console.environment.id)
    give_right(system, holder=console.officer, operation="erase", on=console.environment)
    return Law(console.environment)


def is_there(law: Law, person: UUID) -> bool:
    with in_environment(law.environment.id):
        return Subject.objects.filter(public_id=person).exists()


def test_a_person_is_found_previewed_and_erased_with_a_receipt(console: Console, law: Law, as_officer: Browser) -> None:
    ada, other = law.person("marketing", "bookkeeping"), law.person("marketing", number="555-0124")
    found = as_officer.post(FIND, {"column": str(law.phone), "value": NUMBER})
    shown = found.content.decode()
    assert "1 person has this value" in shown and str(ada) in shown and str(other) not in shown
    assert NUMBER not in shown and found["Cache-Control"].startswith("max-age=0")
    asked = as_officer.post(PREVIEW, {"user": str(ada)}).content.decode()
    assert "1 value of phone for bookkeeping" in asked and "until" in asked and "the key, and with it" in asked
    mistyped = as_officer.post(ERASE, {"user": str(ada), "typed": "no"}).content.decode()
    assert "Nobody was erased." in mistyped and is_there(law, ada)
    with in_environment(law.environment.id):
        assert Value.objects.filter(subject__public_id=ada).count() == 1
    page = as_officer.post(ERASE, {"user": str(ada), "typed": str(ada)[:8].upper()})
    assert page.status_code == 302
    told = as_officer.get(page["Location"]).content.decode()
    assert "1 value of phone for bookkeeping" in told and "by" in told.lower() and "officer" in told
    file = as_officer.get(f"{page['Location']}receipt")
    assert file["Content-Disposition"].startswith("attachment")
    said = verified(file.content.decode(), keys=[key.public_jwk for key in SigningKey.objects.all()])
    assert [kept["column"] for kept in said["kept"]] == ["phone"]
    assert str(ada) not in told and page["Location"] in as_officer.get(FIND).content.decode()
    kinds = ("subject.sought", "subject.erasure_previewed", "subject.erased")
    assert [len(console.booked(kind)) for kind in kinds] == [1, 2, 1]
    assert all(entry.actor.id == console.officer.id for kind in kinds for entry in console.booked(kind))
    assert NUMBER not in str([entry.facts for kind in kinds for entry in console.booked(kind)])
    assert is_there(law, other)


def test_a_preview_says_what_the_erasure_does_and_changes_nothing(law: Law) -> None:
    ada = law.person("marketing", "bookkeeping")
    before = [vars(value) | {"_state": None} for value in law.values(ada)]
    sought, remains = preview_erasure(law.service, subject_id=ada)
    assert (sought.values, dict(remains.values), set(remains.kept)) == (1, {}, {("phone", "bookkeeping")})
    assert [vars(value) | {"_state": None} for value in law.values(ada)] == before
    reader = law.getter(law.phone, purposes=("marketing",))
    assert law.read(reader, ada) == [NUMBER]


def test_what_stands_in_the_way_is_said_and_deleted_people_are_found_too(law: Law, as_officer: Browser) -> None:
    held = law.person("marketing")
    place_hold(law.system, reason="Case 4711", subject_id=held)
    for address, typed in ((PREVIEW, {}), (ERASE, {"typed": str(held)[:8]})):
        shown = as_officer.post(address, {"user": str(held), **typed}).content.decode()
        assert "A legal hold keeps values of this user. It has to be released first" in shown
    assert "There is no such user." in as_officer.post(PREVIEW, {"user": str(uuid4())}).content.decode()
    assert "This is no id of a person." in as_officer.post(PREVIEW, {"user": "ada"}).content.decode()
    assert (
        "Nobody has this value"
        in as_officer.post(FIND, {"column": str(law.phone), "value": "555-0199"}).content.decode()
    )
    assert "Choose the column" in as_officer.post(FIND, {"column": "", "value": "x"}).content.decode()
    with pytest.raises(Invalid, match="it has no index"):
        find_subjects(law.service, column_id=law.note, value="x")
    assert is_there(law, held)
    deleted = law.person("bookkeeping", number="555-0125")
    delete_subject(law.service, subject_id=deleted)
    shown = as_officer.post(FIND, {"column": str(law.phone), "value": "555-0125"}).content.decode()
    assert str(deleted) in shown and "deleted before" in shown
    assert as_officer.post(ERASE, {"user": str(deleted), "typed": str(deleted)[:8]}).status_code == 302


def test_outsiders_and_officers_of_other_environments_neither_find_nor_erase(
    console: Console, law: Law, as_officer: Browser, as_support: Browser
) -> None:
    ada = law.person("marketing")
    sent = {"user": str(ada), "typed": str(ada)[:8], "column": str(law.phone), "value": NUMBER}
    for browser, allowed in ((as_support, 403), (Browser(), 302)):
        answers = [browser.post(address, sent) for address in (FIND, PREVIEW, ERASE)]
        assert {answer.status_code for answer in [*answers, browser.get(FIND)]} == {allowed}
    assert len(console.booked("call.refused", outcome="refused")) == 4
    other = cast.new_environment()
    give_right(system_caller(other.id), holder=console.officer, operation="erase", on=other)
    as_officer.post("/environment/", {"environment": str(other.id)})
    assert "There is no such user." in as_officer.post(ERASE, sent).content.decode()
    assert "There is no such column." in as_officer.post(FIND, sent).content.decode()
    assert is_there(law, ada)
    with in_environment(law.environment.id):
        assert not Erasure.objects.exists()
