"""Trying policies, templates and transformers with sample input, and opening the notes that scripts leave."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.utils import timezone

from governance.actions.environments import change_environment
from governance.actions.policies import Branch, publish_policy
from governance.actions.policy_templates import publish_template
from governance.actions.script_notes import leave_note
from governance.identities import system_caller
from governance.models import AccessPolicy, PolicyTemplate
from tests import cast
from tests.console.people import Console
from tests.console.test_definitions import stored
from userstore.actions.transformers import TransformerSpec, publish_transformer
from userstore.models import Transformer

SCRIPT = "function policy(context, params) {\n  return context.user.country === params.country;\n}"
SHOUT = "function transform(data, params) {\n  return data.toUpperCase();\n}"
NOTES = "/admin/script-notes/"
MARK = "marked-sample"


@pytest.fixture
def pages(console: Console) -> dict[str, str]:
    """The pages that try a template, a policy of it, and a transformer."""
    system = system_caller(console.environment.id)
    template = publish_template(system, name="Country", function=SCRIPT)
    branch = Branch(template=template.public_id, parameters={"country": "DE"})
    publish_policy(system, name="OnlyGermany", policy_type="composite_and", components=[branch])
    publish_transformer(system, spec=TransformerSpec("Shout", "transform", function=SHOUT))
    kinds = {
        "template": ("governance/policytemplate", stored(console, PolicyTemplate, name="Country")),
        "policy": ("governance/accesspolicy", stored(console, AccessPolicy, name="OnlyGermany")),
        "transformer": ("userstore/transformer", stored(console, Transformer, name="Shout")),
    }
    return {name: f"/admin/{kind}/{row.pk}/try/" for name, (kind, row) in kinds.items()}


def test_a_policy_and_a_template_are_tried_with_a_made_up_call_and_not_by_outsiders(
    console: Console, as_officer: Browser, as_support: Browser, pages: dict[str, str]
) -> None:
    call = {"address": "10.0.0.7", "action": "Execute", "claimed": "", "user": '{"country": "DE"}'}
    passed = as_officer.post(pages["policy"], call)
    assert "It lets this call pass" in passed.content.decode()
    assert passed["Cache-Control"].startswith("max-age=0")
    refused = as_officer.post(pages["policy"], call | {"user": '{"country": "AT"}'}).content.decode()
    assert "It refuses this call" in refused and "Country" in refused
    draft = call | {"function": SCRIPT.replace("===", "!=="), "parameters": '{"country": "AT"}'}
    assert "It lets this call pass" in as_officer.post(pages["template"], draft).content.decode()
    failing = as_officer.post(pages["template"], draft | {"user": ""}).content.decode()
    assert "Failures of scripts" in failing
    wrong = as_officer.post(pages["template"], draft | {"function": "function policy("}).content.decode()
    assert 'id="id_function_error"' in wrong
    assert "This has to be an IP address" in as_officer.post(pages["policy"], call | {"address": "x"}).content.decode()
    assert stored(console, PolicyTemplate, name="Country").function == SCRIPT
    assert [len(console.booked(kind)) for kind in ("access_policy.tried", "policy_template.tried")] == [2, 2]
    for page in pages.values():
        assert [as_support.get(page).status_code, as_support.post(page, {"sample": "x"}).status_code] == [403, 403]
        assert Browser().get(page).status_code == 302
    native = stored(console, PolicyTemplate, public_id="5ea1b00c-0000-4000-8000-000000000001")
    assert as_officer.get(f"/admin/governance/policytemplate/{native.pk}/try/").status_code == 403


def test_a_transformer_is_tried_as_it_is_and_as_it_might_be(
    console: Console, as_officer: Browser, pages: dict[str, str]
) -> None:
    shown = as_officer.get(pages["transformer"]).content.decode()
    assert "data.toUpperCase" in shown
    sample = {"sample": MARK, "function": SHOUT.replace("\n", "\r\n"), "parameters": ""}
    assert MARK.upper() in as_officer.post(pages["transformer"], sample).content.decode()
    draft = sample | {"function": SHOUT.replace("toUpperCase()", "slice(0, 6)")}
    assert ">marked</pre>" in as_officer.post(pages["transformer"], draft).content.decode()
    talking = sample | {"function": SHOUT.replace("  return", "  console.log('heard', 7);\n  return")}
    assert "heard 7" in as_officer.post(pages["transformer"], talking).content.decode()
    failing = sample | {"function": SHOUT.replace("data.to", "data.nothing.to")}
    assert 'class="page-fault"' in as_officer.post(pages["transformer"], failing).content.decode()
    entries = console.booked("transformer.tried")
    assert [entry.facts.get("name") for entry in entries][-1] == "Shout"
    assert MARK not in str([entry.facts for entry in entries])
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    assert MARK.upper() in as_officer.post(pages["transformer"], sample).content.decode()
    assert as_officer.post(pages["transformer"], draft).status_code == 403


def test_a_note_is_opened_on_record_by_who_may_read_the_book(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    assert "No script has left a note" in as_officer.get(NOTES).content.decode()
    service = cast.new_caller(console.environment, "service")
    note = leave_note(service, environment_id=console.environment.id, text=MARK, now=timezone.now())
    listed = as_officer.get(NOTES).content.decode()
    assert str(note) in listed and MARK not in listed
    page = f"{NOTES}{note}/"
    assert as_officer.get(page).status_code == 405
    for browser, allowed in ((as_support, 403), (Browser(), 302)):
        assert (browser.get(NOTES).status_code, browser.post(page).status_code) == (allowed, allowed)
    assert console.booked("script_note.read") == []
    assert MARK in as_officer.post(page).content.decode()
    assert console.booked("script_note.read")[0].actor.id == console.officer.id
