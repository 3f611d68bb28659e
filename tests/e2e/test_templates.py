"""Rules the templates keep, read from their text: no browser needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
ASSETS = sorted((Path(settings.BASE_DIR) / "static" / "sealbook").iterdir())
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)"),
    "an inline style": re.compile(r"<style|\sstyle="),
    "an event attribute": re.compile(r"\son[a-z]+=|hx-on"),
    "evaluated values": re.compile(r"hx-vals=['\"]?js:|hx-vars"),
    "an address of somebody else": re.compile(r"(?:src|href)=[\"'](?:https?:)?//"),
    "a comment over several lines, which Django would print": re.compile(r"\{#(?:(?!#\}).)*$", re.MULTILINE),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_compiles_and_holds_nothing_the_content_security_policy_refuses(path: Path) -> None:
    text = path.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []
    get_template(str(path.relative_to(Path(settings.BASE_DIR) / "templates")))


@pytest.mark.parametrize("snippet", ["<script>1</script>", '<b style="x">', '<b onclick="x">', "{# two\nlines #}"])
def test_the_rules_can_fail(snippet: str) -> None:
    assert any(pattern.search(snippet) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("path", ASSETS, ids=lambda path: path.name)
def test_an_asset_fetches_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|@import|\beval\(|new Function", text)


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (ASSETS[0].parent / "icons.svg").read_text()))
    named = set()
    for path in TEMPLATES:
        named |= set(re.findall(r'icon\.html" with name="([a-z-]+)"|\sicon="([a-z-]+)"', path.read_text()))
    assert {name for pair in named for name in pair if name} - drawn == set()


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_an_error_page_renders_with_nothing_but_a_request_id(status: int) -> None:
    page = render_to_string(f"errors/{status}.html", {"request_id": "abc-1"})
    assert "abc-1" in page and str(status) in page
    assert '<html lang="en">' in page
    assert re.search(r"<title>[^<·]{8,} · Sealbook</title>", page)
