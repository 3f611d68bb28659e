"""Imports in the console: an operator with the right to write goes through all of it, everybody else is refused."""

from __future__ import annotations

import json
import re
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
    }  # fmt: skip


LAYOUT = {"fields": "3", "column-1": "", "column-2": "phone", "column-3": "", "selecting": "1", "selecting-1": "1"}


def uploaded(browser: Browser, form: dict[str, Any], content: bytes) -> str:
    """Ask for an import, hand its file in, and return the address of its page."""
    single = browser.post("/admin/imports/", form)["Location"]
    assert browser.put(f"{single}content", content, content_type="application/octet-stream").status_code == 204
    return single


def chosen(page: str) -> list[str]:
    """What each select of the layout has chosen, in their order."""
    selects = re.findall(r'<select[^>]* name="(?:column|selecting)-.*?</select>', page, re.DOTALL)
    return [(re.findall(r'value="([^"]*)" selected', each) or [""])[0] for each in selects]


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
    asked = browser.get(single).content.decode()
    assert chosen(asked) == [""] * 4 and "a field for each of these columns: phone" in asked and MARK not in asked
    looked = browser.post(f"{single}act", {**LAYOUT, "act": "look"})
    assert (looked.status_code, looked["Location"]) == (302, single)
    looked = browser.get(single).content.decode()
    assert ("Begin to import" in looked, MARK in looked, "+•••" in looked) == (True, False, True)
    assert "a phone number is written" in looked and chosen(looked) == ["", "phone", "", "1"]
    with in_environment(console.environment.id):
        assert not Value.objects.exists(), "a preview stores nothing"
    assert browser.post(f"{single}act", {**LAYOUT, "act": "run"}).status_code == 302
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
    assert "Choose a mutator" in browser.post("/admin/imports/", {**form, "mutator": "x"}).content.decode()
    single = uploaded(browser, {**form, "unknown": "leave"}, b"Person;Number;Phone\n")
    wrong = [
        ({"column-2": "phone", "column-3": "phone"}, "Two fields go into the column phone"),
        ({"column-2": "shoe"}, "Choose a column of the mutator"),
        ({"fields": "2", "column-2": "phone"}, "Choose a column of the mutator"),
        ({"column-2": ""}, "each of these columns: phone"),
        ({"selecting-1": ""}, "lacks a field that selects: id"),
        ({"selecting-1": "9"}, "Choose a field for each value"),
        ({"selecting": "2"}, "Choose a field for each value"),
    ]
    for chosen_wrongly, told in wrong:
        for act in ("look", "run"):
            answer = browser.post(f"{single}act", {**LAYOUT, "act": act, **chosen_wrongly})
            assert answer.status_code == 200 and told in answer.content.decode(), told
    assert chosen(browser.post(f"{single}act", {**LAYOUT, **wrong[0][0]}).content.decode())[1:3] == ["phone"] * 2
    assert stored(console).state == "awaited" and not console.booked("import.laid_out")
    assert browser.post(f"{single}act", {"act": "cancel"}).status_code == 302
    assert stored(console).state == "cancelled"
    assert "cancelled" in browser.get("/admin/imports/").content.decode()


def test_fields_are_laid_out_by_their_names_until_somebody_says_otherwise(
    console: Console, form: dict[str, Any]
) -> None:
    browser = console.browser(console.support)
    one, two = people(2)
    single = uploaded(browser, form, f"Note;PHONE;Id\na;{MARK};{one}\n".encode())
    page = browser.get(single).content.decode()
    assert chosen(page) == ["", "phone", "", "3"] and "+•••" in page and "goes nowhere" in page
    assert "selects the person" in page and "fits" in page
    single = uploaded(browser, form, f"P-hone;Note\n{MARK};a\n".encode())
    page = browser.get(single).content.decode()
    assert chosen(page) == ["phone", "", ""] and "none: everybody is new" in page
    ndjson = f'{{"note": "a", "id": "{two}"}}\n{{"id": "{two}", "Number": "{MARK}"}}\n'
    single = uploaded(browser, {**form, "format": "ndjson"}, ndjson.encode())
    assert chosen(browser.get(single).content.decode()) == ["", "", "", "2"]
    laid_out = {**LAYOUT, "column-2": "", "column-3": "phone", "selecting-1": "2", "act": "run"}
    assert browser.post(f"{single}act", laid_out).status_code == 302
    assert run_every_import(seconds=30) == 1
    assert "2 records: 2 written, 0 bad" in browser.get(single).content.decode()
    change = {"value": MARK, "purpose_additions": [{"name": "support"}]}
    full = json.dumps({"selector_values": [one], "row_data": {"phone": change}})
    single = uploaded(browser, {**form, "format": "ndjson"}, full.encode())
    page = browser.get(single).content.decode()
    assert "Where the fields go" not in page and "Begin to import" in page and "+•••" in page
    assert browser.post(f"{single}act", {"act": "run"}).status_code == 302
    assert run_every_import(seconds=30) == 1
    with in_environment(console.environment.id):
        assert Value.objects.count() == 2
    facts = [entry.facts for entry in console.booked("import.laid_out")]
    assert [(each["fields"], each["left_out"]) for each in facts] == [(3, 2)]


def test_a_first_line_that_looks_like_somebodys_data_is_not_shown(console: Console, form: dict[str, Any]) -> None:
    browser = console.browser(console.support)
    single = uploaded(browser, form, f"Ada Example;{MARK};ada@example.com\n{people(1)[0]};{MARK};x\n".encode())
    page = browser.get(single).content.decode()
    assert "does not look like names of fields" in page and "A••••" in page
    assert not any(said in page for said in ("Ada", "Example", MARK, "555", "ada@"))
    looked = browser.post(f"{single}act", {**LAYOUT, "act": "look"})
    assert looked.status_code == 302 and "Ada" not in browser.get(single).content.decode()


def test_fields_are_shown_to_and_laid_out_by_whoever_asked_alone(console: Console, form: dict[str, Any]) -> None:
    system = system_caller(console.environment.id)
    give_rights(system, holder=console.officer, operations=("write",), on=console.environment)
    single = uploaded(console.browser(console.support), form, f"id;phone\n{people(1)[0]};{MARK}\n".encode())
    officer = console.browser(console.officer)
    page = officer.get(single).content.decode()
    assert "Where the fields go" not in page and "Begin to import" in page and "+•••" in page
    layout = {"fields": "2", "column-2": "phone", "selecting": "1", "selecting-1": "1", "act": "look"}
    assert "is theirs to say" in officer.post(f"{single}act", layout).content.decode()
    assert not console.booked("import.laid_out")
    assert officer.post(f"{single}act", {"act": "run"}).status_code == 302
    late = console.browser(console.support).post(f"{single}act", layout)
    assert late.status_code == 200 and stored(console).state == "running"


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
