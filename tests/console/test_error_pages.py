"""What people read when a page fails says what is the matter, in their language, and nothing of what they sent."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from tests.console.people import Console


def test_a_form_that_has_expired_is_not_told_as_a_missing_right(console: Console) -> None:
    browser = Browser(enforce_csrf_checks=True)
    answer = browser.post("/login/", {"username": "officer", "password": "secret-word"})
    html = answer.content.decode()
    assert answer.status_code == 403 and "The form has expired." in html and ">403<" in html
    assert "has no right" not in html and "secret-word" not in html


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [("/nowhere/Ada-Example/", 404, "There is nothing here"), ("/admin/book/", 403, "You may not do this")],
    ids=["nothing there", "no right"],
)
def test_an_error_page_names_its_language_and_what_happened(
    console: Console, as_support: Browser, path: str, status: int, told: str
) -> None:
    answer = as_support.get(path)
    html = answer.content.decode()
    assert answer.status_code == status
    assert ("/access/decisions/" in html) is (status == 403)
    assert '<html lang="en">' in html and f"<title>{told} · Sealbook</title>" in html and "Ada-Example" not in html


def test_a_refusal_leads_whoever_met_it_to_why_and_nobody_else(console: Console, as_support: Browser) -> None:
    html = as_support.get("/admin/book/").content.decode()
    way = "/access/decisions/" + html.partition("/access/decisions/")[2].partition('"')[0]
    explained = as_support.get(way)
    assert explained.status_code == 200 and "No right allows it" in explained.content.decode()
    assert console.browser(console.superuser).get(way).status_code == 404
    assert Browser().get(way).status_code == 302
