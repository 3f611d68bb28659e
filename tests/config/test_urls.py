"""What anybody may open: health, the schema and its page, which needs nothing from elsewhere."""

from __future__ import annotations

import re

import pytest
from django.test import Client


@pytest.mark.django_db
def test_the_process_says_that_it_is_alive_without_a_token() -> None:
    answered = Client().get("/healthz")
    assert answered.json() == {"status": "ok"}
    assert answered["X-Request-Id"]


@pytest.mark.django_db
def test_the_schema_is_public_and_describes_the_server() -> None:
    schema = Client().get("/schema.json").json()
    assert schema["openapi"].startswith("3.")
    assert schema["info"]["title"] == "Sealbook"


@pytest.mark.django_db
def test_the_page_of_the_schema_keeps_the_strict_policy_and_loads_only_from_here() -> None:
    answered = Client().get("/docs")
    page = answered.content.decode()
    assert answered.status_code == 200
    assert "unsafe" not in answered["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", page)
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href)="([^"]+)"', page))
    assert Client().get("/docs?script=").headers["Content-Type"] == "application/javascript"
