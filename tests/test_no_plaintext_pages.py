"""Marked values go through the board and the pages of the console; afterwards nothing that lies anywhere has a mark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from audit.queries import entries
from governance.actions.accounts import OFFICERS, define_operator
from governance.actions.builtin import ALLOW_ALL
from governance.actions.deliveries import deliver_next
from governance.actions.environments import define_environment
from governance.actions.graph_types import define_object_type
from governance.actions.notices import leave_notices
from governance.actions.rights import give_group_rights
from governance.identities import system_caller
from governance.models import AccessPolicy, Account, Environment, Freeze
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests import test_no_plaintext
from tests.cast import NOBODY
from tests.governance.smtp_stage import mail_server
from tests.plaintext import DAMAGED, Marks, damaged_file, in_bytes, searched
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.importing.running import run_every_import
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.demo.phone import IDS, PhoneExample, build_phone_example
from userstore.models import Accessor, Column, Erasure, Import, Transformer
from userstore.reading.calls import CallContext
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

pytestmark = pytest.mark.django_db(transaction=True)

log, marks = test_no_plaintext.log, test_no_plaintext.marks
"""Fixtures."""
PASSWORD = "correct horse battery staple"
ADA = IDS["Ada Example"]
SWITCH = re.compile(rf'hx-post="(/board/{ADA}/[0-9a-f-]+/authentication)"')


def marked_demo(marks: Marks) -> PhoneExample:
    """The phone example in which Ada's name and numbers are marked."""
    environment = define_environment(NOBODY, name="demo", is_synthetic=True)
    example = build_phone_example(environment)
    give_group_rights(environment, OFFICERS, ("configure", "audit", "consent", "read", "write", "erase"))
    define_operator(NOBODY, username="officer", password=PASSWORD, groups=(OFFICERS,))
    admin, here = example.clients["admin"].caller, CallContext(address="127.0.0.1")
    writes: tuple[tuple[str, dict[str, object]], ...] = (
        ("SetName", {"name": {"value": marks.name}}),
        ("SetPhoneForAuthentication", {"phone": {"value_additions": [marks.phone]}}),
        ("SetPhoneForMarketing", {"phone": {"value_additions": [marks.phone]}}),
    )
    for mutator, row in writes:
        execute_mutator(MutatorCall(admin, example.mutators[mutator], [str(ADA)], row, here), now=timezone.now())
    return example


def signed_in(marks: Marks) -> Browser:
    """The officer's browser, after marked attempts; whatever it sends says the mark in its headers."""
    browser = Browser(
        raise_request_exception=False, HTTP_USER_AGENT=marks.free_text, HTTP_REFERER=f"http://x.test/{marks.word}"
    )
    for username, password in ((marks.email, PASSWORD), ("officer", marks.free_text)):
        assert browser.post("/login/", {"username": username, "password": password}).status_code == 200
    answer = browser.post("/login/", {"username": "officer", "password": PASSWORD, "next": f"/{marks.word}/"})
    assert answer.status_code == 302
    return browser


def drive_board(browser: Browser, marks: Marks) -> None:
    """See the marked person, take a purpose away and give it again, and send nonsense to the switch."""
    shown = browser.get("/board").content.decode()
    assert marks.word in shown, "the marks are not even on the board"
    switches = SWITCH.findall(shown)
    assert len(switches) == 3, "two numbers of the demo and the marked one"
    for address in switches:
        flipped = browser.post(address, {"permitted": "false", "why": marks.free_text}, headers={"HX-Request": "true"})
        assert flipped.status_code == 200 and "consent.changed" in flipped.content.decode()
        assert browser.post(address, {"permitted": "true"}).status_code == 302
        nonsense = address.replace("authentication", marks.word)
        assert browser.post(nonsense, {"permitted": marks.phone}, headers={"HX-Request": "true"}).status_code >= 400
    assert browser.post(f"/board/{marks.word}/x/y", {"permitted": "true"}).status_code == 404


def drive_console(browser: Browser, marks: Marks, environment: Environment) -> None:
    """Freeze for a marked reason, search and filter by marks, and fill marks into forms that refuse them."""
    with in_environment(environment.id):
        accessor = Accessor.objects.get(public_id=IDS["GetPhoneForMarketing"])
    page = reverse("freeze", args=["accessor", accessor.public_id])
    assert "would have stopped" in browser.get(page).content.decode()
    assert browser.post(page, {"reason": marks.free_text}).status_code == 302
    with in_environment(environment.id):
        frozen = Freeze.objects.get(lifted_at=None)
    lifting = reverse("unfreeze", args=[frozen.public_id])
    assert marks.word in browser.get(lifting).content.decode(), "the reason is not even stored"
    pages = ["", "book/", "governance/freeze/", "freeze/", f"book/?actor={marks.word}&request={marks.digits}"]
    pages += [f"{kind}/?q={marks.word}" for kind in ("userstore/accessor", "governance/client", "governance/purpose")]
    pages += [f"userstore/accessor/{accessor.pk}/{verb}/" for verb in ("change", "delete")]
    pages += [f"book/{entry.id}/" for entry in entries(environment_id=environment.id, limit=20)]
    for path in pages:
        answer = browser.get(f"/admin/{path}")
        assert answer.status_code == 200, path
        typed = "?" in path
        assert typed or not in_bytes(answer.content, marks.forms), f"{path} says a value"
    assert browser.post(lifting).status_code == 302
    refused = [
        ("userstore/column/add/", {"name": marks.free_text, "pii_category": "contact", "sensitivity": "9"}),
        ("governance/purpose/add/", {"name": marks.free_text, "legal_basis": marks.word}),
        (f"userstore/accessor/{accessor.pk}/change/", {"name": "x", "selector": f"{{phone}} = '{marks.digits}'"}),
        ("governance/right/add/", {"holder": marks.word, "operation": marks.word, "resource": marks.digits}),
    ]
    for path, form in refused:
        assert browser.post(f"/admin/{path}", form).status_code == 200, path
    assert browser.post("/environment/", {"environment": marks.word}).status_code == 404
    assert browser.post("/password/", {"former": marks.word, "password": marks.free_text}).status_code == 200
    factor = {"password": marks.free_text, "code": marks.digits, "passkey": marks.free_text, "next": f"/{marks.word}"}
    for page in ("app", "passkey", "confirm"):
        assert browser.post(f"/second-factor/{page}/", factor).status_code in (200, 302), page
    assert browser.get(f"/admin/userstore/accessor/{marks.word}/change/").status_code in (302, 404)
    assert browser.get(f"/nowhere/{marks.word}").status_code == 404


def drive_graph(browser: Browser, marks: Marks, environment: Environment) -> None:
    """Give an object of the graph a marked alias, find it by that and ask about it."""
    kind = define_object_type(system_caller(environment.id), name="person").public_id
    assert browser.post("/admin/graph/objects/add/", {"type": str(kind), "alias": marks.name}).status_code == 302
    for path, form in (
        ("objects/", {"sought": marks.name}),
        ("check/", {"source": marks.name, "target": marks.name, "attribute": marks.word}),
        ("check/", {"source": marks.name, "target": marks.phone}),
        ("objects/add/", {"type": str(kind), "alias": marks.name}),
    ):
        assert browser.post(f"/admin/graph/{path}", form).status_code == 200, path


def drive_imports(browser: Browser, marks: Marks, environment: Environment) -> None:
    """Upload a marked file, look at its preview, import it, and see what was bad."""
    system, policy = system_caller(environment.id), ALLOW_ALL
    columns = [
        define_column(system, spec=ColumnSpec(name, kind, pii_category="contact", sensitivity=3)).public_id
        for name, kind in (("note", "string"), ("mail", "email"))
    ]
    inputs = tuple(InputSpec(column) for column in columns)
    mutator = publish_mutator(system, spec=MutatorSpec("SetNote", "{id} = ?", inputs, policy)).public_id
    asked = {"mutator": str(mutator), "unknown": "create", "format": "csv", "delimiter": ";"}
    layout = {"fields": "3", "column-2": "note", "column-3": "mail", "selecting": "1", "selecting-1": "1"}
    unnamed = f"{marks.word};{marks.email};{marks.phone}"
    for first, laid_out in (("id;note;mail", layout), (unnamed, layout), (unnamed, {})):
        single = browser.post("/admin/imports/", asked)["Location"]
        content = damaged_file(marks, first=first, delimiter=";")
        assert browser.put(f"{single}content", content, "application/octet-stream").status_code == 204
        looked = [browser.get(single), browser.post(f"{single}act", {**layout, "column-2": "mail", "act": "look"})]
        for act in ("look", "run"):
            looked.append(browser.post(f"{single}act", {**laid_out, "act": act}))
        assert [each.status_code for each in looked] == [200, 200, 302, 302]
        assert not any(in_bytes(each.content, marks.forms) for each in looked), "the preview says a value"
        assert run_every_import(seconds=30) == 1
        for path in ("", "progress", "report.csv"):
            assert not in_bytes(browser.get(f"{single}{path}").content, marks.forms), f"{path} says a value"
    with in_environment(environment.id):
        assert set(Import.objects.values_list("state", "effective", "failed")) == {
            ("finished", 1, DAMAGED), ("held", 0, 0),
        }  # fmt: skip


def drive_trials_and_erasure(browser: Browser, marks: Marks, environment: Environment) -> None:
    """Try a transformer and a policy with marks, look the marked person up, see what would go, and erase them."""
    with in_environment(environment.id):
        transformer = Transformer.objects.exclude(native="").filter(input_data_type="string").order_by("name")[0]
        policy = AccessPolicy.objects.order_by("name")[0]
        column = Column.objects.get(name="phone").public_id
    sample = {"sample": marks.free_text, "function": transformer.function, "parameters": transformer.parameters}
    assert browser.post(f"/admin/userstore/transformer/{transformer.pk}/try/", sample).status_code == 200
    call = {
        "action": marks.word,
        "address": "",
        "claimed": f'{{"x": "{marks.word}"}}',
        "user": f'{{"n": "{marks.word}"}}',
    }
    assert browser.post(f"/admin/governance/accesspolicy/{policy.pk}/try/", call).status_code == 200
    found = browser.post("/admin/erasures/", {"column": str(column), "value": marks.phone})
    assert str(ADA) in found.content.decode()
    assert not in_bytes(found.content, marks.forms), "what was sought came back"
    sought = {"column": str(column), "value": marks.phone, "user": str(ADA)}
    for path in ("people/", "people/one/", "people/hold/"):
        looked = browser.post(f"/admin/{path}", {**sought, "reason": " "})
        assert str(ADA) in looked.content.decode() and not in_bytes(looked.content, marks.forms), path
    for path, form in (("preview", {}), ("erase", {"typed": str(ADA)[:8]})):
        browser.post(f"/admin/erasures/{path}/", {"user": str(ADA), **form})
    with in_environment(environment.id):
        assert Erasure.objects.count() == 1


def drive_notices(browser: Browser, marks: Marks, environment: Environment) -> None:
    """Give marked addresses, good and bad, and have a mail server refuse one, quoting it."""
    assert browser.get("/notices/address/").status_code == 200
    for email, password in ((marks.free_text, PASSWORD), (marks.email, marks.word), (marks.email, PASSWORD)):
        shown = browser.post("/notices/address/", {"email": email, "password": password})
        assert shown.status_code == 200 and not in_bytes(shown.content, marks.forms)
    officer, now = Account.objects.get(username="officer"), timezone.now()
    with mail_server() as server, override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=server.port):
        for reply in (f"450 {marks.email} is busy", f"550 {marks.email} is unknown", "250 OK"):
            server.to_recipient = reply
            with in_environment(environment.id):
                told = [("request.submitted", officer.pk, uuid4())]
                leave_notices(told, environment_id=environment.id, now=now)
            assert deliver_next(environment.id, now=now)
        assert [to for to, _ in server.taken] == [[marks.email]], "the address is not even stored"
    for path in ("admin/notices/", f"admin/governance/account/{officer.pk}/change/"):
        assert not in_bytes(browser.get(f"/{path}").content, marks.forms), path


def test_no_mark_that_went_through_a_page_is_left_anywhere(
    marks: Marks,
    role_url: Callable[[str], str],
    capfd: pytest.CaptureFixture[str],
    log: io.StringIO,
) -> None:
    example = marked_demo(marks)
    browser = signed_in(marks)
    drive_board(browser, marks)
    drive_console(browser, marks, example.environment)
    drive_graph(browser, marks, example.environment)
    drive_imports(browser, marks, example.environment)
    drive_trials_and_erasure(browser, marks, example.environment)
    drive_notices(browser, marks, example.environment)
    assert searched(role_url, marks.forms) == {}
    printed = "".join(capfd.readouterr()) + log.getvalue()
    assert '"route":"board/<uuid:subject_id>' in printed, "requests were not even logged"
    assert in_bytes(printed.encode(), marks.forms) == set()
    for environment_id in (example.environment.id, SYSTEM_ENVIRONMENT):
        text = "".join(entry.text for entry in entries(environment_id=environment_id, limit=1500))
        assert text and in_bytes(text.encode(), marks.forms) == set()
    browser.post("/logout/")
