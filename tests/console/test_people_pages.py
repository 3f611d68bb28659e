"""People and regions in the console: whoever may erase sees counts and states of somebody, and never a value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.utils import timezone

from governance.actions.organizations import define_organization
from governance.actions.rights import give_right
from governance.identities import system_caller
from keyring.plain import Plain
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.console.test_erasure_pages import NUMBER, Law
from userstore.actions.consents import change_consent
from userstore.actions.credentials import Login
from userstore.actions.deletion import delete_subject
from userstore.actions.holds import place_hold
from userstore.actions.people import look_at_person
from userstore.actions.subjects import create_subject, create_subject_with_login
from userstore.models import LegalHold

FIND, SHOW, HOLD, REGIONS = "/admin/people/", "/admin/people/one/", "/admin/people/hold/", "/admin/regions/"


@pytest.fixture
def law(console: Console) -> Law:
    give_right(system_caller(console.environment.id), holder=console.officer, operation="erase", on=console.environment)
    return Law(console.environment)


def test_a_person_is_found_by_a_value_and_shown_in_counts_without_it(
    console: Console, law: Law, as_officer: Browser
) -> None:
    ada, other = law.person("marketing", "bookkeeping"), law.person("marketing", number="555-0124")
    found = as_officer.post(FIND, {"column": str(law.phone), "value": NUMBER})
    shown = found.content.decode()
    assert "1 person has this value" in shown and str(ada) in shown and str(other) not in shown
    person = as_officer.post(SHOW, {"user": f" {ada} "})
    said = person.content.decode()
    assert str(ada) in said and "A person in the store" in said and "phone" in said and "aws-us-east-1" in said
    assert NUMBER not in shown + said and "no-store" in person["Cache-Control"]
    (looked,) = console.booked("subject.looked_at")
    assert (looked.actor.id, looked.facts["values"]) == (console.officer.id, 1)
    (handle,) = looked.facts["subjects"]
    assert handle in said
    about = as_officer.get(f"/admin/book/?subject={handle}").content.decode()
    assert [f">{kind}</a>" in about for kind in ("subject.looked_at", "subject.sought", "column.defined")] == [
        True, True, False,
    ]  # fmt: skip
    assert as_officer.post("/admin/erasures/preview/", {"user": str(ada)}).status_code == 200


def test_every_value_counts_once_in_the_state_it_is_in(law: Law) -> None:
    ada = law.person("marketing")
    counts = {}
    for name, until in (("gone", "marketing"), ("over", "marketing")):
        change = {"phone": {"value_additions": [f"555-01{len(counts) + 30}"], "purpose_additions": [{"name": until}]}}
        law.write(law.set, ada, change, until=timezone.now() + timedelta(hours=1) if name == "over" else None)
        counts[name] = law.values(ada)[-1]
    change_consent(law.service, subject_id=ada, purpose="marketing", permitted=False, value_id=counts["gone"].id)
    person = look_at_person(law.service, subject_id=ada, now=timezone.now() + timedelta(hours=2))
    (phone,) = person.columns
    assert (phone.column, phone.live, phone.unpermitted, phone.deleted, phone.over) == ("phone", 1, 1, 0, 1)
    bo = law.person("bookkeeping", number="555-0160")
    delete_subject(law.service, subject_id=bo)
    person = look_at_person(law.service, subject_id=bo)
    (phone,) = person.columns
    assert person.deleted_at is not None and (phone.live, phone.deleted) == (0, 1)


def test_organization_sign_in_and_somebody_of_whom_nothing_is_stored_are_told(law: Law, as_officer: Browser) -> None:
    organization = define_organization(law.system, name="Example Shoes").public_id
    login = Login(Plain("ada"), Plain("a long enough passphrase"))
    ada = create_subject_with_login(law.service, login=login, organization_id=organization, region="aws-eu-west-1")
    said = as_officer.post(SHOW, {"user": str(ada.public_id)}).content.decode()
    assert "Example Shoes" in said and "aws-eu-west-1" in said and "with user name and password" in said
    assert "Nothing is stored of this person but the id." in said


def test_holds_that_keep_something_are_named_and_one_is_placed_from_the_page(law: Law, as_officer: Browser) -> None:
    ada, bo = law.person("marketing"), law.person("bookkeeping", number="555-0161")
    place_hold(law.system, reason="Case 1", column_id=law.phone, purpose_id=law.purposes["bookkeeping"].public_id)
    place_hold(law.system, reason="Case 2", column_id=law.note)
    place_hold(law.system, reason="Case 3", column_id=law.phone, ends_at=timezone.now() + timedelta(seconds=1))
    later = timezone.now() + timedelta(seconds=2)
    holds = {who: look_at_person(law.service, subject_id=who, now=later).holds for who in (ada, bo)}
    assert [len(holds[who]) for who in (ada, bo)] == [0, 1]
    assert "needs a reason" in as_officer.post(HOLD, {"user": str(ada), "reason": " "}).content.decode()
    placed = as_officer.post(HOLD, {"user": str(ada), "reason": "Case 4711"})
    assert placed.status_code == 302 and str(ada) not in placed["Location"]
    assert "Case 4711" in as_officer.get(placed["Location"]).content.decode()
    said = as_officer.post(SHOW, {"user": str(ada)}).content.decode()
    assert "erasing is refused until" in said and "See what erasing" not in said and "Case 4711" not in said


def test_mistakes_are_told_and_nobody_is_found_by_them(law: Law, as_officer: Browser) -> None:
    for user, told in (("ada", "This is no id of a person."), (str(uuid4()), "There is no such person.")):
        assert told in as_officer.post(SHOW, {"user": user}).content.decode()
        assert told in as_officer.post(HOLD, {"user": user, "reason": "Case"}).content.decode()
    for column, value, told in (
        ("", "x", "Choose the column"),
        (str(law.note), "x", "it has no index"),
        (str(law.phone), "555-0199", "Nobody has this value"),
    ):
        assert told in as_officer.post(FIND, {"column": column, "value": value}).content.decode()


def test_outsiders_and_officers_of_other_environments_see_nobody(
    console: Console, law: Law, as_officer: Browser, as_support: Browser
) -> None:
    ada = law.person("marketing")
    sent = {"user": str(ada), "reason": "Case", "column": str(law.phone), "value": NUMBER}
    for browser, allowed in ((as_support, 403), (Browser(), 302)):
        answers = [browser.post(address, sent) for address in (FIND, SHOW, HOLD)]
        assert {answer.status_code for answer in [*answers, browser.get(FIND), browser.get(REGIONS)]} == {allowed}
    assert len(console.booked("call.refused", outcome="refused")) == 5
    assert "People" not in as_support.get("/admin/").content.decode()
    other = cast.new_environment()
    give_right(system_caller(other.id), holder=console.officer, operation="erase", on=other)
    as_officer.post("/environment/", {"environment": str(other.id)})
    assert "There is no such person." in as_officer.post(SHOW, sent).content.decode()
    assert "There is no such column." in as_officer.post(FIND, sent).content.decode()
    assert as_officer.post(HOLD, sent).status_code == 403, "who erases does not configure"
    with in_environment(law.environment.id):
        assert not LegalHold.objects.exists()


def test_whoever_erases_and_does_not_configure_is_offered_no_hold(
    console: Console, law: Law, as_support: Browser
) -> None:
    give_right(law.system, holder=console.support, operation="erase", on=console.environment)
    said = as_support.post(SHOW, {"user": str(law.person("marketing"))}).content.decode()
    assert "Place the hold" not in said and "What the book says" not in said and "See what erasing" in said


def test_regions_are_listed_with_how_many_people_each_has(law: Law, as_officer: Browser, settings: Any) -> None:
    for region in ("", "", "aws-eu-west-1"):
        create_subject(law.service, region=region)
    settings.USERSTORE_REGIONS = ["here", "aws-eu-west-1"]
    create_subject(law.service)
    said = " ".join(as_officer.get(REGIONS).content.decode().split())
    for region, told in (
        ("here", '<span class="page-more">noted where a call names none</span></span> <span>1 person<'),
        ("aws-eu-west-1", "</span> <span>1 person<"),
        ("aws-us-east-1", '<span class="page-more">retired: nobody new is noted in it</span></span> <span>2 people<'),
    ):
        assert f"<code>{region}</code>{told if told.startswith('</') else f' {told}'}" in said, region
    settings.USERSTORE_REGIONS = []
    create_subject(law.service)
    said = as_officer.get(REGIONS).content.decode()
    assert "1 person is noted in none." in said and "noted where a call names none" not in said
