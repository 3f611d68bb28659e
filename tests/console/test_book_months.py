"""Which months of the book go when, held and released in the console, on record."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.models import MonthHold
from audit.retention import kept_months
from tests.console.people import Console

PAGE = "/admin/months/"


def this_month() -> str:
    return f"{timezone.now():%Y-%m}-01"


def held(browser: Browser, *, matter: str = "court/12", month: str = "") -> str:
    return browser.post(PAGE, {"month": month or this_month(), "matter": matter}, follow=True).content.decode()


def test_an_officer_holds_a_month_and_a_superuser_releases_it_both_on_record(
    console: Console, as_officer: Browser
) -> None:
    assert "stays, whatever its age" in held(as_officer)
    hold = MonthHold.objects.get(released_at=None)
    assert (str(hold.month), hold.held_by) == (this_month(), console.officer.id)
    shown = as_officer.get(PAGE).content.decode()
    assert "court/12" in shown and "officer" in shown and f"Release {hold.matter}" not in shown
    releasing = {"hold": str(hold.pk), "reference": "court/12-closed"}
    assert as_officer.post(PAGE, releasing).status_code == 403
    superuser = console.proven(console.superuser)
    console_gives_audit(console)
    assert "Release court/12" in superuser.get(PAGE).content.decode()
    assert "is released" in superuser.post(PAGE, releasing, follow=True).content.decode()
    assert not MonthHold.objects.filter(released_at=None).exists()
    (put,), (released,) = (console.booked_at_the_door(f"audit.month_{each}") for each in ("held", "released"))
    assert (put.actor.id, put.facts["matter"]) == (console.officer.id, "court/12")
    assert (released.actor.id, released.facts["reference"]) == (console.superuser.id, "court/12-closed")


def console_gives_audit(console: Console) -> None:
    """Let the superuser read pages: managing operators alone does not."""
    from django.contrib.auth.models import Group

    console.superuser.groups.add(Group.objects.get(name="Privacy officers"))


def test_releasing_takes_a_second_factor_that_was_just_proved(console: Console, as_officer: Browser) -> None:
    held(as_officer)
    console_gives_audit(console)
    hold = MonthHold.objects.get()
    answer = console.browser(console.superuser).post(PAGE, {"hold": str(hold.pk), "reference": "closed"})
    assert answer.status_code == 302 and "second-factor" in answer["Location"]
    assert MonthHold.objects.get().released_at is None


def test_who_has_no_right_neither_sees_nor_holds_nor_releases(console: Console, as_officer: Browser) -> None:
    held(as_officer)
    hold = MonthHold.objects.get()
    support = console.browser(console.support)
    assert support.get(PAGE).status_code == 403
    assert support.post(PAGE, {"month": this_month(), "matter": "x"}).status_code == 403
    assert support.post(PAGE, {"hold": str(hold.pk), "reference": "x"}).status_code == 403
    assert console.proven(console.superuser).get(PAGE).status_code == 403, "managing operators shows nothing"
    assert Browser().get(PAGE).status_code == 302
    assert MonthHold.objects.filter(released_at=None).count() == 1


@pytest.mark.parametrize(
    ("month", "matter", "told"),
    [("", "Ada Lovelace", "A matter is a reference"), ("x", "court/12", "Choose a month"),
     ("2026-01-02", "court/12", "named by its first day"), ("", "", "A matter is a reference")],
)  # fmt: skip
def test_what_is_no_month_or_reference_is_said(as_officer: Browser, month: str, matter: str, told: str) -> None:
    assert told in held(as_officer, month=month, matter=matter)
    assert not MonthHold.objects.exists()


def test_what_was_released_already_and_what_never_was_is_said(console: Console, as_officer: Browser) -> None:
    console_gives_audit(console)
    superuser = console.proven(console.superuser)
    for hold in ("x", "00000000-0000-4000-8000-000000000000"):
        said = superuser.post(PAGE, {"hold": hold, "reference": "closed"}, follow=True).content.decode()
        assert "There is no such hold." in said
    held(as_officer)
    hold_id = str(MonthHold.objects.get().pk)
    assert "A reference is up to" in superuser.post(PAGE, {"hold": hold_id}, follow=True).content.decode()


@pytest.mark.parametrize("keep", [0, 1, 3, 14])
def test_a_month_goes_on_the_first_day_on_which_it_was_kept_long_enough(
    console: Console, settings: object, keep: int
) -> None:
    settings.AUDIT_KEEP_MONTHS = keep  # type: ignore[attr-defined]  # pytest-django's
    now = timezone.now()
    running = kept_months(now=now)[0]
    assert running.is_running and running.month == date(now.year, now.month, 1)
    if not keep:
        assert running.goes_on is None
        return
    goes = running.goes_on
    assert goes is not None and goes.day == 1
    between = (goes.year - now.year) * 12 + goes.month - now.month - 1
    assert between == keep, "so many whole months lie between"


class Names(HTMLParser):
    """Collects which fields have no label."""

    def __init__(self) -> None:
        super().__init__()
        self.labelled: set[str] = set()
        self.fields: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "label":
            self.labelled.add(told.get("for") or "")
        elif tag in ("input", "select") and told.get("type") != "hidden":
            self.fields.add(told.get("id") or "")


def test_every_field_has_a_label(console: Console, as_officer: Browser) -> None:
    held(as_officer)
    console_gives_audit(console)
    page = Names()
    whole = console.proven(console.superuser).get(PAGE).content.decode()
    page.feed(whole[whole.index('<div class="page">') : whole.index("</table>")])
    assert {"month", "matter"} < page.fields <= page.labelled
