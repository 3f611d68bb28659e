"""The book's page hands out what its filters find, to whoever may audit, and says so in the book."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client as Browser
from django.utils import timezone

from audit.integrity.state import forget_sealing
from audit.queries import entries
from governance.actions.purposes import define_purpose
from governance.identities import system_caller
from tests import cast
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import sealing
from tests.console.people import Console


@pytest.fixture
def sealed(console: Console, role_url: AddressOf) -> None:
    define_purpose(system_caller(console.environment.id), name="fraud")
    define_purpose(system_caller(cast.new_environment().id), name="elsewhere")
    entry = console.booked("purpose.defined")[0]
    with sealing(role_url) as sealer:
        while not run(role_url("auditor"), "select index from audit_leaf where entry_id = %s", [entry.id]):
            sealer.turn(now=timezone.now())


def text_of(answer: Any) -> str:
    assert isinstance(answer, StreamingHttpResponse) and answer.status_code == 200
    return b"".join(answer).decode()  # type: ignore[arg-type]  # Django's types allow an asynchronous one


def test_an_officer_takes_what_the_filters_find_and_the_book_says_so(
    console: Console, as_officer: Browser, sealed: None
) -> None:
    page = as_officer.get("/admin/book/?kind=purpose.defined").content.decode()
    assert "/admin/book/export.csv?kind=purpose.defined" in page
    answer = as_officer.get("/admin/book/export.csv?kind=purpose.defined")
    rows = list(csv.DictReader(io.StringIO(text_of(answer), newline="")))
    assert "attachment" in answer["Content-Disposition"] and answer["Cache-Control"].count("no-store")
    assert any('"fraud"' in row["facts"] for row in rows) and {row["kind"] for row in rows} == {"purpose.defined"}
    assert "elsewhere" not in str(rows)
    (told,) = console.booked("audit.view_exported")
    assert told.actor.id == console.officer.id and told.facts["kinds"] == ["purpose.defined"]
    assert told.facts["entries"] == len(rows) and told.facts["door"] == "console"


def test_a_filter_that_makes_no_sense_exports_nothing_rather_than_everything(
    console: Console, as_officer: Browser, sealed: None
) -> None:
    assert text_of(as_officer.get("/admin/book/export.jsonl?actor=nobody")) == ""
    assert text_of(as_officer.get("/admin/book/export.jsonl?since=yesterday")) == ""


def test_whoever_may_not_audit_gets_nothing_and_that_is_on_record(
    console: Console, as_support: Browser, sealed: None
) -> None:
    outsider = console.browser(None)
    for form in ("csv", "jsonl"):
        assert as_support.get(f"/admin/book/export.{form}").status_code == 403
        assert outsider.get(f"/admin/book/export.{form}").status_code == 302
    assert console.booked("audit.view_exported") == []
    assert [each.facts["operation"] for each in console.booked("call.refused", "refused")] == ["audit", "audit"]


def test_while_exports_wait_the_page_says_why(
    console: Console, as_officer: Browser, sealed: None, settings: Any
) -> None:
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = 10
    forget_sealing()
    run_back = "update audit_integration set turned_at = now() - interval '1 day'"
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(run_back)
    answer = as_officer.get("/admin/book/export.csv?kind=purpose.defined", follow=True)
    forget_sealing()
    assert "Nothing is exported now" in answer.content.decode()
    assert not entries(environment_id=console.environment.id, kinds=["audit.view_exported"])
