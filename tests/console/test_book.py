from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from governance.actions.purposes import define_purpose
from governance.console.book_lines import about_of
from governance.identities import system_caller
from tests import cast
from tests.console.people import Console


def test_an_officer_reads_the_book_of_the_chosen_environment_and_that_is_in_it(
    console: Console, as_officer: Browser
) -> None:
    define_purpose(system_caller(console.environment.id), name="fraud")
    define_purpose(system_caller(cast.new_environment().id), name="elsewhere")
    html = as_officer.get("/admin/book/").content.decode()
    assert "purpose.defined" in html and "fraud" in html and "elsewhere" not in html
    read = console.booked("audit.read")
    assert [entry.actor.id for entry in read] == [console.officer.id] and read[0].facts["door"] == "console"
    entry = console.booked("purpose.defined")[0]
    shown = as_officer.get(f"/admin/book/{entry.id}/").content.decode()
    assert "legal_basis" in shown and "consent" in shown and str(entry.id) in shown


def test_filters_narrow_the_book_and_nonsense_finds_nothing(console: Console, as_officer: Browser) -> None:
    define_purpose(system_caller(console.environment.id), name="fraud")
    found = as_officer.get("/admin/book/?kind=purpose.defined&outcome=done").content.decode()
    assert "fraud" in found
    for query in ("kind=no.such", "outcome=maybe", "actor=nobody", "decision=1", "request=zzz"):
        assert "No entry matches." in as_officer.get(f"/admin/book/?{query}").content.decode(), query
    assert as_officer.get("/admin/book/?after=nonsense").status_code == 200


def test_older_entries_are_a_page_away(console: Console, as_officer: Browser) -> None:
    html = as_officer.get("/admin/book/?kind=right.given").content.decode()
    assert "Older entries" not in html
    from governance.console import book

    book_page, book.PAGE = book.PAGE, 1
    try:
        first = as_officer.get("/admin/book/?kind=right.given").content.decode()
        older = first.split('href="?')[1].split('"')[0].replace("&amp;", "&")
        second = as_officer.get(f"/admin/book/?{older}").content.decode()
    finally:
        book.PAGE = book_page
    assert _entry(first) != _entry(second)


def _entry(html: str) -> str:
    return html.split('class="page-kind" href="')[1].split('"', maxsplit=1)[0]


def test_an_entry_of_another_environment_is_not_found(console: Console, as_officer: Browser) -> None:
    from audit.queries import entries

    other = cast.new_environment()
    entry = entries(environment_id=other.id)[0]
    assert as_officer.get(f"/admin/book/{entry.id}/").status_code == 404


def test_whoever_may_not_audit_reads_nothing_on_the_overview_either(console: Console, as_support: Browser) -> None:
    assert as_support.get("/admin/book/").status_code == 403
    html = as_support.get("/admin/").content.decode()
    assert "call.refused" not in html and "The book" not in html and "Clients" not in html


def test_the_overview_shows_how_things_stand(console: Console, as_officer: Browser, as_support: Browser) -> None:
    as_support.get("/admin/book/")
    html = as_officer.get("/admin/").content.decode()
    assert all(said in html for said in ("Freezes in force", "nothing is stopped", "call.refused", "support"))
    assert "none allows audit on this environment" in html


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": "GetPhone", "columns": ["phone"], "subjects": ["aa"], "purposes": ["x"]}, "GetPhone, 1 person for x"),
        ({"columns": ["email", "phone"], "subjects": ["aa", "bb"], "purpose": "x"}, "email, phone, 2 people for x"),
        ({"columns": ["a", "b", "c", "d", "e", "f"]}, "a, b, c, d and 2 more"),
        ({"column": "email", "found": 0, "subjects": []}, "email"),
        ({"detection": "D18", "finding": "x"}, "D18"),
        ({"purpose": "billing", "grant": "x"}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_line_says_what_an_entry_is_about(facts: dict[str, Any], said: str) -> None:
    assert about_of(facts) == said


def test_a_search_that_is_too_wide_says_how_to_narrow_it_and_finds_in_what_is_left(
    console: Console, as_officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    purpose = define_purpose(system_caller(console.environment.id), name="fraud").public_id
    monkeypatch.setattr("audit.searching.SEARCHED_AT_MOST", 1)
    wide = as_officer.get(f"/admin/book/?naming={purpose}").content.decode()
    assert "more than 1 of them" in wide and "purpose.defined</a>" not in wide and "No entry matches" not in wide
    narrow = as_officer.get(f"/admin/book/?naming={purpose}&kind=purpose.defined&outcome=refused").content.decode()
    assert "No entry matches" in narrow
    told = as_officer.get(f"/admin/book/export.csv?naming={purpose}", follow=True)
    assert "more than 1 of them" in told.content.decode() and "text/csv" not in told["Content-Type"]
    monkeypatch.undo()
    assert "fraud" in as_officer.get(f"/admin/book/?naming={purpose}").content.decode()
