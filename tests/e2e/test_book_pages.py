"""The pages of the book in a real browser: WCAG 2.2 AA, within the window, quiet under the content security policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.beginnings import beginning
from tests.e2e.conftest import Visitor
from tests.e2e.helpdesk_windows import look, seat
from tests.e2e.windows import WINDOWS

if TYPE_CHECKING:
    from tests.audit.connections import AddressOf
    from tests.console.people import Console

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def new_book() -> Any:
    """A console with a finding that weighs, which somebody has taken and said something about, and a faint one."""
    from django.utils import timezone

    from audit.actions.dossiers import begin_dossier
    from audit.actions.findings import assign_finding, comment_on_finding, expect_work
    from audit.actors import Actor
    from tests.console.people import staffed_console
    from tests.planted_findings import found_with_entries, weighs

    staffed = staffed_console()
    finding = found_with_entries(staffed.environment.id, times=3)
    weighs(finding, 12.0)
    weighs(found_with_entries(staffed.environment.id, actor=staffed.support.id), 1.5)
    who: dict[str, Any] = {
        "actor": Actor("operator", staffed.officer.id),
        "environment_id": staffed.environment.id,
        "finding_id": finding.id,
    }
    now = timezone.now()
    assign_finding(**who, owner=staffed.officer.id)
    comment_on_finding(**who, comment="Asked the team lead:\nno case is known.", now=now)
    begin_dossier(**who, days=1, now=now)
    expect_work(**who, until=now + timedelta(days=3), now=now)
    counts_for_charts(staffed)
    return staffed, finding.id, somebody_looked_at(staffed)


def counts_for_charts(staffed: Console) -> None:
    """Three weeks of reads, refusals and one emergency."""
    from tests.console.test_charts import counted

    here = staffed.environment.id
    for days_ago in range(21):
        counted(here, 30 + days_ago * 7 % 40, days_ago=days_ago, purposes=["support" if days_ago % 3 else "billing"])
        counted(here, days_ago % 5 + 1, days_ago=days_ago, outcome="refused", actor=str(staffed.support.id))
    counted(here, 1, days_ago=4, kind="access_request.declared", purposes=[])


def somebody_looked_at(staffed: Console) -> Any:
    """A person at whom support looked twice, once among others."""
    from uuid import uuid4

    from audit.actors import Actor
    from audit.events import declared
    from audit.recorder import append
    from keyring.walls import in_environment
    from tests import cast
    from userstore.actions.subjects import create_subject
    from userstore.models import Subject
    from userstore.writing.keys import handle_of, subject_key

    person = create_subject(cast.new_caller(staffed.environment, "writer", write=True)).public_id
    with in_environment(staffed.environment.id):
        subject = Subject.objects.get(public_id=person)
        handle = handle_of(subject, subject_key(subject))
    for others in ([], [f"{number:032x}" for number in range(3)]):
        append(
            declared()["accessor.executed"],
            environment_id=staffed.environment.id,
            actor=Actor("operator", staffed.support.id),
            facts={
                "accessor": uuid4(), "name": "GetContactForSupport", "subjects": [handle, *others], "rows": 1,
                "columns": ["phone", "email"], "purposes": ["support"], "exported": bool(others),
            },
        )  # fmt: skip
    return person


begun, told = beginning(new_book)


def seal_and_verify(role_url: AddressOf, console: Console) -> None:
    """Have some entries sealed, and a verification in each of two states."""
    from django.utils import timezone

    from audit.models import Verification
    from keyring.walls import in_environment
    from tests.audit.connections import run
    from tests.audit.sealing import sealing

    with sealing(role_url) as sealer:
        while not run(role_url("auditor"), "select size from audit_signedcheckpoint"):
            sealer.turn(now=timezone.now())
    now = timezone.now()
    asked = {"environment_id": console.environment.id, "asked_by": console.officer.id, "turned_at": now}
    with in_environment(console.environment.id):
        Verification.objects.create(
            **asked, asked_at=now - timedelta(hours=1), ended_at=now, first=0, size=9, state="whole", root="ab" * 32
        )
        Verification.objects.create(
            **asked, asked_at=now, ended_at=now, first=9, size=12, done=3, state="broken", root="cd" * 32, first_bad=10,
            first_bad_until=11, told=[{"index": 10, "kind": "body", "text": "the body is not what was sealed"}],
        )  # fmt: skip


def hold_this_month(console: Console) -> None:
    """Hold the running month twice, and let the officer release it: so the page has all that it can have."""
    from django.utils import timezone

    from audit.actions.months import hold_month
    from audit.actors import Actor

    console.officer.is_superuser = True
    console.officer.save(update_fields=["is_superuser"])
    for matter in ("court/12", "regulator/2026-11/request-for-everything-about-november"):
        hold_month(Actor("operator", console.officer.id), month=timezone.now().date().replace(day=1), matter=matter)


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_every_page_of_the_book_meets_wcag_and_fits_its_window(
    visit: Callable[..., Visitor], told: tuple[Console, Any, Any], role_url: AddressOf, width: int, scheme: str
) -> None:
    console, finding, person = told
    seal_and_verify(role_url, console)
    hold_this_month(console)
    visitor = seat(visit, console.officer, width=width, scheme=scheme)
    for name, path in {
        "book": "book/",
        "live": "book/live/",
        "integrity": "integrity/",
        "months": "months/",
        "charts": "charts/",
        "findings": "findings/",
        "finding": f"findings/{finding}/",
        "dossier": f"findings/{finding}/dossier/",
    }.items():
        visitor.open(f"/admin/{path}")
        visitor.page.wait_for_load_state("networkidle")
        look(visitor, f"{name}-{width}-{scheme}")
    page = visitor.open("/admin/access-report/")
    page.fill("#user", str(person))
    page.click("button:has-text('Report')")
    page.wait_for_selector("text=By whom")
    assert str(person) not in page.url
    look(visitor, f"report-{width}-{scheme}")


AT_ONCE = "document.dispatchEvent(new Event('visibilitychange'))"
"""Has the live book ask now, which it does every two seconds by itself."""


def test_the_live_book_grows_pauses_goes_on_and_says_when_it_stands_still(
    visit: Callable[..., Visitor], told: tuple[Console, Any, Any], role_url: AddressOf
) -> None:
    from governance.actions.purposes import define_purpose
    from governance.identities import system_caller
    from tests.console.test_live_book import seal_all

    console, _, _ = told
    visitor = seat(visit, console.officer)
    seal_all(role_url)
    page = visitor.open("/admin/book/live/?kind=purpose.defined")
    shown = page.locator("#live-rows tr")
    before = shown.count()

    def happens(name: str) -> None:
        define_purpose(system_caller(console.environment.id), name=name)
        seal_all(role_url)

    happens("one")
    page.evaluate(AT_ONCE)
    page.wait_for_function(f"document.querySelectorAll('#live-rows tr').length === {before + 1}")
    page.click("#live-pause")
    happens("two")
    page.evaluate(AT_ONCE)
    page.wait_for_timeout(200)
    assert shown.count() == before + 1 and "Paused" in page.inner_text("#live-state")
    page.click("#live-pause")
    page.wait_for_function(f"document.querySelectorAll('#live-rows tr').length === {before + 2}")
    page.context.set_offline(True)
    page.evaluate(AT_ONCE)
    page.wait_for_selector("#live-state[data-is=away]")
    happens("three")
    page.context.set_offline(False)
    page.wait_for_function(f"document.querySelectorAll('#live-rows tr').length === {before + 3}")
    visitor.complaints.clear()
    page.context.clear_cookies()
    page.evaluate(AT_ONCE)
    page.wait_for_selector("#live-state[data-is=out]")
    assert page.is_visible("#live-again") and shown.count() == before + 3
    assert visitor.complaints == []
