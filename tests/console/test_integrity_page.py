"""Whether the book is whole, asked and told in the console: a worker verifies, everybody sees the first bad index."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.actions.verifying import MOST_AN_HOUR, run_verification, run_waiting
from audit.models import Verification
from audit.models.verification import SILENT
from governance.actions.purposes import define_purpose
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import LOG_KEY, sealing, tampered
from tests.console.people import Console

PAGE = "/admin/integrity/"


@pytest.fixture(autouse=True)
def known_key(settings: object) -> None:
    settings.AUDIT_LOG_PUBLIC_KEY = str(LOG_KEY.verifier)  # type: ignore[attr-defined]  # pytest-django's


def sealed(role_url: AddressOf, console: Console, name: str) -> UUID:
    """Have something happen, and seal until it has its place."""
    define_purpose(system_caller(console.environment.id), name=name)
    entry = console.booked("purpose.defined")[0].id
    with sealing(role_url) as sealer:
        while not run(role_url("auditor"), "select index from audit_leaf where entry_id = %s", [entry]):
            sealer.turn(now=timezone.now())
    return entry


def verified(console: Console) -> Verification:
    """Do what waits, as the worker does, and return the last verification."""
    with in_environment(console.environment.id):
        row = Verification.objects.latest("asked_at")
    run_verification(console.environment.id, row.id)
    with in_environment(console.environment.id):
        return Verification.objects.get(id=row.id)


def test_one_click_verifies_the_book_and_the_next_one_what_is_new(
    console: Console, as_officer: Browser, role_url: AddressOf
) -> None:
    assert "Nobody has verified" in as_officer.get(PAGE).content.decode()
    sealed(role_url, console, "fraud")
    assert as_officer.post(PAGE, {"what": "new"}).status_code == 302
    assert "Waits for a worker." in as_officer.get(PAGE).content.decode()
    assert "under way already" in as_officer.post(PAGE, follow=True).content.decode()

    first = verified(console)

    assert (first.state, first.first, first.done) == ("whole", 0, first.size)
    shown = as_officer.get(PAGE).content.decode()
    assert f"Whole: entries 0 to {first.size}" in shown and first.root in shown
    assert f"Verify what is new since {first.size}" in shown
    assert "Nothing was sealed since" in as_officer.post(PAGE, {"what": "new"}, follow=True).content.decode()
    sealed(role_url, console, "returns")
    as_officer.post(PAGE, {"what": "new"})
    second = verified(console)
    assert (second.state, second.first) == ("whole", first.size) and second.size > first.size
    asked, checked = console.booked("audit.check_asked"), console.booked("audit.checked")
    assert [each.actor.id for each in asked] == [console.officer.id] * 2
    assert [(each.facts["since"], each.facts["verdict"]) for each in checked] == [(first.size, "whole"), (0, "whole")]


def test_what_was_changed_is_told_with_its_index_and_stays_told(
    console: Console, as_officer: Browser, role_url: AddressOf
) -> None:
    entry = sealed(role_url, console, "fraud")
    tampered(role_url, "audit_entry", "update audit_entry set body = replace(body, 'fraud', 'frand')")
    ((index,),) = run(role_url("auditor"), "select index from audit_leaf where entry_id = %s", [entry])
    as_officer.post(PAGE, {"what": "everything"})
    row = verified(console)
    assert (row.state, row.first_bad, row.first_bad_until) == ("broken", index, index + 1)
    shown = as_officer.get(PAGE).content.decode()
    assert f"the first bad entry is number {index}" in shown and "what is new since" not in shown
    assert [each.facts["first_bad"] for each in console.booked("audit.checked", "failed")] == [index]


def test_progress_is_asked_for_until_it_ends_and_a_lost_worker_is_said(
    console: Console, as_officer: Browser, as_support: Browser, role_url: AddressOf
) -> None:
    sealed(role_url, console, "fraud")
    as_officer.post(PAGE)
    with in_environment(console.environment.id):
        row = Verification.objects.get()
    progress = f"{PAGE}{row.id}/"
    answer = as_officer.get(progress)
    assert "hx-get" in answer.content.decode() and "HX-Refresh" not in answer
    long_ago = timezone.now() - SILENT - timedelta(seconds=1)
    with in_environment(console.environment.id):
        Verification.objects.update(state="running", turned_at=long_ago)
    assert as_officer.get(progress)["HX-Refresh"] == "true"
    assert "is gone" in as_officer.get(PAGE).content.decode()
    as_officer.post(PAGE)
    assert run_waiting(console.environment.id, now=timezone.now()) == 1
    assert run_waiting(console.environment.id, now=timezone.now()) == 0
    with in_environment(console.environment.id):
        assert sorted(Verification.objects.values_list("state", flat=True)) == ["failed", "whole"]
        assert not run_verification(console.environment.id, row.id)
    assert as_support.get(progress).status_code == 403


def test_after_a_few_within_an_hour_the_page_says_when_there_is_another(
    console: Console, as_officer: Browser, role_url: AddressOf
) -> None:
    sealed(role_url, console, "fraud")
    for _ in range(MOST_AN_HOUR):
        assert as_officer.post(PAGE, {"what": "everything"}).status_code == 302
        verified(console)
    told = as_officer.post(PAGE, {"what": "everything"}, follow=True).content.decode()
    assert f"{MOST_AN_HOUR} times an hour at the most" in told
    assert len(console.booked("audit.check_asked")) == MOST_AN_HOUR


def test_without_a_key_nothing_is_asked_and_the_outsider_sees_nothing(
    console: Console, as_officer: Browser, as_support: Browser, settings: object
) -> None:
    settings.AUDIT_LOG_PUBLIC_KEY = ""  # type: ignore[attr-defined]  # pytest-django's
    assert "SEALBOOK_LOG_PUBLIC_KEY" in as_officer.post(PAGE, follow=True).content.decode()
    settings.AUDIT_LOG_PUBLIC_KEY = "/no/such/file"  # type: ignore[attr-defined]  # pytest-django's
    assert "SEALBOOK_LOG_PUBLIC_KEY" in as_officer.post(PAGE, follow=True).content.decode()
    assert as_support.get(PAGE).status_code == as_support.post(PAGE).status_code == 403
    assert Browser().get(PAGE).status_code == 302
    elsewhere = cast.new_environment()
    with in_environment(elsewhere.id):
        row = Verification.objects.create(
            environment_id=elsewhere.id, asked_at=timezone.now(), first=0, size=1, turned_at=timezone.now()
        )
    assert as_officer.get(f"{PAGE}{row.id}/").status_code == 404
    with in_environment(console.environment.id):
        assert not Verification.objects.exists()
