"""Imports in the console: an operator with the right to write goes through all of it, everybody else is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from governance.actions.builtin import ALLOW_ALL
from governance.actions.rights import give_rights
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.userstore.imported import people
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.importing.running import run_every_import
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.models import Import, ImportPiece, Value

MARK = "+49 151 5550177"


@pytest.fixture
def form(console: Console) -> dict[str, Any]:
    """What the support agent, who may write here, fills in."""
    system = system_caller(console.environment.id)
    give_rights(system, holder=console.support, operations=("write",), on=console.environment)
    column = define_column(system, spec=ColumnSpec("phone", "phonenumber", pii_category="contact", sensitivity=3))
    spec = MutatorSpec("SetPhone", "{id} = ?", (InputSpec(column.public_id),), ALLOW_ALL)
    mutator = publish_mutator(system, spec=spec).public_id
    purpose = cast.new_purpose(console.environment, "support").public_id
    return {
        "mutator": str(mutator), "purposes": [str(purpose)], "unknown": "create", "format": "csv", "delimiter": ";",
        "columns": "Number = phone\nNote =\n", "selector": "Person",
    }  # fmt: skip


def stored(console: Console) -> Import:
    with in_environment(console.environment.id):
        return Import.objects.get()


def test_a_file_is_asked_for_uploaded_looked_at_imported_and_reported(console: Console, form: dict[str, Any]) -> None:
    browser = console.browser(console.support)
    assert "Nothing was imported yet" in browser.get("/admin/imports/").content.decode()
    assert "SetPhone" in browser.get("/admin/imports/").content.decode()
    single = browser.post("/admin/imports/", form)["Location"]
    assert 'type="file"' in browser.get(single).content.decode()
    one, two = people(2)
    content = f"Person;Number;Note\n{one};{MARK};a\n{two};no number;b\nnobody;{MARK};c\n".encode()
    assert browser.put(f"{single}content", content, content_type="application/octet-stream").status_code == 204
    looked = browser.get(single).content.decode()
    assert ("Begin to import" in looked, MARK in looked, "+•••" in looked) == (True, False, True)
    assert "a phone number is written" in looked
    with in_environment(console.environment.id):
        assert not Value.objects.exists(), "a preview stores nothing"
    assert browser.post(f"{single}act", {"act": "run"}).status_code == 302
    running = browser.get(f"{single}progress")
    assert ("every 2s" in running.content.decode(), running.has_header("HX-Refresh")) == (True, False)
    assert run_every_import(seconds=30) == 1
    assert browser.get(f"{single}progress")["HX-Refresh"] == "true"
    done = browser.get(single).content.decode()
    assert "3 records: 1 written, 2 bad, 0 without effect; 1 users are new." in done
    report = browser.get(f"{single}report.csv")
    assert [line.split(",")[:2] for line in report.content.decode().splitlines()] == [
        ["line", "field"], ["3", "phone.value"], ["4", "selector_values"],
    ]  # fmt: skip
    assert MARK not in done + report.content.decode()
    with in_environment(console.environment.id):
        assert (Value.objects.count(), ImportPiece.objects.exists()) == (1, False)


def test_mistakes_are_told_and_an_import_can_be_cancelled(console: Console, form: dict[str, Any]) -> None:
    browser = console.browser(console.support)
    assert "as field = column" in browser.post("/admin/imports/", {**form, "columns": "x"}).content.decode()
    assert "Choose a mutator" in browser.post("/admin/imports/", {**form, "mutator": "x"}).content.decode()
    single = browser.post("/admin/imports/", form)["Location"]
    browser.put(f"{single}content", b"Somebody;Number\n", content_type="application/octet-stream")
    assert "Name 1 of the first line" in browser.get(single).content.decode()
    assert browser.post(f"{single}act", {"act": "cancel"}).status_code == 302
    assert stored(console).state == "cancelled"
    assert "cancelled" in browser.get("/admin/imports/").content.decode()


def test_who_may_not_write_sees_no_import_and_is_on_record(console: Console, form: dict[str, Any]) -> None:
    single = console.browser(console.support).post("/admin/imports/", form)["Location"]
    officer: Browser = console.browser(console.officer)
    addresses = ["/admin/imports/", single, f"{single}progress", f"{single}report.csv"]
    assert [officer.get(each).status_code for each in addresses] == [403] * 4
    assert officer.post("/admin/imports/", form).status_code == 403
    assert officer.post(f"{single}act", {"act": "cancel"}).status_code == 403
    assert officer.put(f"{single}content", b"x", content_type="application/octet-stream").status_code == 403
    assert console.browser(None).get("/admin/imports/").status_code == 302
    assert stored(console).state == "awaited"
    assert console.booked("call.refused", "refused") or console.booked("page.refused", "refused")
