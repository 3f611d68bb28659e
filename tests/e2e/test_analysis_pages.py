"""What officers set the analysis up with, in a real browser: rules, staff, marks, jobs, feeds, and what is empty."""

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
    from tests.console.people import Console

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STAFF = """username,team,role,manager,joined,leave
support,first-line-of-the-evening,telephone,officer,2026-01-01,2026-03-01..2026-03-14 2026-08-01..2026-08-21
"""
UNFIT = "username,leave\nsupport,yesterday\n"
LISTS = {
    "detections": "/admin/detections/",
    "detection": "/admin/detections/D9/",
    "always": "/admin/detections/D34/",
    "staff": "/admin/staff/",
    "marks": "/admin/governance/markedsubject/",
    "mark": "/admin/governance/markedsubject/add/",
    "jobs": "/admin/governance/registeredjob/",
    "job": "/admin/governance/registeredjob/add/",
    "feeds": "/admin/governance/feed/",
    "feed": "/admin/governance/feed/add/",
    "overview": "/admin/",
    "decided": "/admin/findings/?state=confirmed",
}


def new_office() -> Any:
    """A console in which all that the analysis can be told was told."""
    from tests.console.people import staffed_console

    staffed = staffed_console()
    tell_everything(staffed)
    return staffed


def tell_everything(staffed: Console) -> None:
    from django.utils import timezone

    from audit.models import BacktestRun
    from governance.actions.clients import define_client
    from governance.actions.feeds import define_feed
    from governance.actions.purposes import define_purpose
    from governance.actions.staff import mark_subject, register_job, take_in_staff
    from governance.identities import system_caller
    from keyring.walls import in_environment
    from tests import cast
    from tests.planted_findings import found
    from userstore.actions.subjects import create_subject

    officer, now = system_caller(staffed.environment.id), timezone.now()
    define_purpose(officer, name="invoices-of-the-month")
    take_in_staff(officer, text=STAFF, source="console")
    writer = cast.new_caller(staffed.environment, "writer", write=True)
    for kind in ("flagged", "honey"):
        mark_subject(officer, subject_id=create_subject(writer).public_id, kind=kind)
    client = define_client(officer, name="a-job-whose-name-is-as-long-as-they-come")
    register_job(officer, client_id=client.public_id, purposes=["invoices-of-the-month"], hours=list(range(24)))
    address = "collector-of-everything.example.com:6514"
    define_feed(officer, name="security-information", way="syslog", address=address, description="Theirs.")
    found(staffed.environment.id)
    with in_environment(staffed.environment.id):
        BacktestRun.objects.create(
            environment_id=staffed.environment.id, detection="D9", version=1, threshold=1, parameters={"factor": 3.5},
            first=now.date() - timedelta(days=30), last=now.date(), asked_by=staffed.officer.id, asked_at=now,
            finished_at=now, accesses=120_000, alerts=1, found=[["2026-01-12", str(staffed.support.id), 7.25]],
        )  # fmt: skip


begun, office = beginning(new_office)


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_every_page_that_sets_the_analysis_up_meets_wcag_and_fits_its_window(
    visit: Callable[..., Visitor], office: Console, width: int, scheme: str
) -> None:
    visitor = seat(visit, office.officer, width=width, scheme=scheme)
    for name, path in LISTS.items():
        visitor.open(path)
        visitor.page.wait_for_load_state("networkidle")
        look(visitor, f"{name}-{width}-{scheme}")


def test_a_directory_that_is_not_taken_says_why_beside_what_was_typed(
    visit: Callable[..., Visitor], office: Console
) -> None:
    visitor = seat(visit, office.officer, width=390)
    page = visitor.open("/admin/staff/")
    assert not page.is_visible("#csv")
    page.click("summary:has-text('Take in a file')")
    page.fill("#csv", UNFIT)
    page.click("button:has-text('Take it in')")
    page.wait_for_selector("text=nothing changed")
    assert page.input_value("#csv") == UNFIT and page.is_visible("#csv")
    assert page.is_visible("text=Row 2, leave")
    look(visitor, "staff-unfit")


def test_by_the_keyboard_alone_an_officer_finds_the_entries_that_name_an_id(
    visit: Callable[..., Visitor], office: Console
) -> None:
    visitor = seat(visit, office.officer)
    page = visitor.open("/admin/book/")
    assert not page.is_visible("#naming")
    page.focus(".page-filters-more summary")
    page.keyboard.press("Enter")
    page.focus("#decision")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(str(office.officer.id))
    page.keyboard.press("Enter")
    page.wait_for_url("**naming=**")
    assert page.input_value("#naming") == str(office.officer.id) and page.is_visible("#naming")
