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
    assert '<html lang="en">' in html and f"<title>{told} · Sealbook</title>" in html and "Ada-Example" not in html
