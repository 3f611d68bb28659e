"""Every kind of definition through its pages: defined, changed, retired, each time with an entry naming the officer."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.test import Client as Browser

from governance.actions.builtin import ALLOW_ALL
from governance.identities import system_caller
from governance.models import AccessPolicy, Client, PolicyTemplate, Purpose, Right
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from userstore.models import Accessor, Column, DataTypeDefinition, Mutator, Transformer

ROWS = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "1", "MAX_NUM_FORMS": "1000"}


def rows(prefix: str, *found: dict[str, Any]) -> dict[str, Any]:
    """The fields of an inline form with new rows."""
    sent = {f"{prefix}-{name}": value for name, value in ROWS.items()} | {f"{prefix}-TOTAL_FORMS": len(found)}
    return sent | {f"{prefix}-{n}-{name}": value for n, row in enumerate(found) for name, value in row.items()}


def stored(console: Console, model: type[models.Model], **where: Any) -> Any:
    with in_environment(console.environment.id):
        return model._default_manager.get(**where)


def is_gone(console: Console, model: type[models.Model], **where: Any) -> bool:
    with in_environment(console.environment.id):
        return not model._default_manager.filter(**where).exists()


def send(browser: Browser, path: str, data: dict[str, Any]) -> None:
    answer = browser.post(f"/admin/{path}", data)
    if answer.status_code != 302:
        raise AssertionError(f"{answer.status_code}: {_faults(answer.content.decode())}")


def _faults(html: str) -> str:
    import re

    return (
        " | ".join(re.sub(r"<[^>]+>|\s+", " ", part) for part in re.findall(r"errorlist.*?</ul>", html, re.S))
        or html[:3000]
    )


def facts_of(console: Console, kind: str) -> dict[str, Any]:
    """The facts of the newest entry of a kind, which the officer must have caused."""
    entry = console.booked(kind)[0]
    assert entry.actor.id in {console.officer.id, console.superuser.id}
    return dict(entry.facts)


def test_purposes(console: Console, as_officer: Browser) -> None:
    new = {"name": "fraud", "description": "Finding fraud.", "legal_basis": "consent"}
    send(as_officer, "governance/purpose/add/", new)
    assert facts_of(console, "purpose.defined")["name"] == "fraud"
    purpose = stored(console, Purpose, name="fraud")
    changed = {"description": "Finding it.", "legal_basis": "legitimate_interests"}
    send(as_officer, f"governance/purpose/{purpose.pk}/change/", changed)
    assert facts_of(console, "purpose.changed")["legal_basis"] == "legitimate_interests"
    send(as_officer, f"governance/purpose/{purpose.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "purpose.retired")["name"] == "fraud"
    assert is_gone(console, Purpose, name="fraud")


def test_templates_and_policies(console: Console, as_officer: Browser) -> None:
    script = "function policy(context, params) { return true; }"
    send(as_officer, "governance/policytemplate/add/", {"name": "Always", "description": "", "function": script})
    template = stored(console, PolicyTemplate, name="Always")
    native = stored(console, PolicyTemplate, name="ObservedNetwork")
    component = {"template": native.pk, "child": "", "parameters": '{"networks": ["10.0.0.0/8"]}'}
    head = {
        "name": "Inside",
        "description": "",
        "policy_type": "composite_and",
        "required_context": "",
        "thresholds": "",
    }
    send(as_officer, "governance/accesspolicy/add/", head | rows("components", component))
    assert facts_of(console, "access_policy.published")["version"] == 0
    policy = stored(console, AccessPolicy, name="Inside")
    second = component | {"template": template.pk, "parameters": ""}
    send(
        as_officer,
        f"governance/accesspolicy/{policy.pk}/change/",
        head | {"version": 0} | rows("components", component, second),
    )
    assert facts_of(console, "access_policy.published")["version"] == 1
    shown = as_officer.get(f"/admin/governance/accesspolicy/{policy.pk}/change/").content.decode()
    assert "10.0.0.0/8" in shown
    stale = as_officer.post(
        f"/admin/governance/accesspolicy/{policy.pk}/change/", head | {"version": 0} | rows("components", component)
    )
    assert "Version 0 is not the current one, 1." in stale.content.decode()
    in_use = as_officer.post(f"/admin/governance/policytemplate/{template.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Policies use this template." in in_use.content.decode()
    send(as_officer, f"governance/accesspolicy/{policy.pk}/delete/", {"post": "yes"})
    send(as_officer, f"governance/policytemplate/{template.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "policy_template.retired")["name"] == "Always"


def test_a_fault_of_a_script_or_a_parameter_is_shown_and_nothing_is_stored(
    console: Console, as_officer: Browser
) -> None:
    broken = {"name": "Broken", "description": "", "function": "function policy(context, params) {\n  return ((;\n}"}
    answer = as_officer.post("/admin/governance/policytemplate/add/", broken)
    assert answer.status_code == 200 and "Line 2" in answer.content.decode()
    native = stored(console, PolicyTemplate, name="ObservedNetwork")
    head = {"name": "Wrong", "policy_type": "composite_and"}
    component = {"template": native.pk, "child": "", "parameters": '{"networks": ["not a network"]}'}
    answer = as_officer.post("/admin/governance/accesspolicy/add/", head | rows("components", component))
    assert "is not a network" in answer.content.decode()
    assert is_gone(console, PolicyTemplate, name="Broken") and is_gone(console, AccessPolicy, name="Wrong")


def column(name: str, **other: Any) -> dict[str, Any]:
    tag = {"pii_category": "contact", "sensitivity": "3"}
    return {"name": name, "data_type": "string", "index_type": "indexed", **tag, **other}


def test_columns_accessors_and_mutators(console: Console, as_officer: Browser) -> None:
    send(as_officer, "userstore/column/add/", column("alias"))
    assert facts_of(console, "column.defined")["category"] == "contact"
    alias = stored(console, Column, name="alias")
    send(as_officer, f"userstore/column/{alias.pk}/change/", column("alias", sensitivity="2"))
    assert facts_of(console, "column.changed")["sensitivity"] == 2
    allow = stored(console, AccessPolicy, public_id=ALLOW_ALL)
    purpose = stored(console, Purpose, name="operational")
    reading = {
        "name": "GetAlias",
        "selector": "{id} = ?",
        "purposes": [purpose.pk],
        "consent_mode": "strict",
        "access_policy": allow.pk,
        "life_cycle_state": "live",
    }
    output = {"column": alias.pk, "transformer": "", "token_policy": ""}
    send(as_officer, "userstore/accessor/add/", reading | rows("columns", output))
    assert facts_of(console, "accessor.published")["version"] == 0
    accessor = stored(console, Accessor, name="GetAlias")
    again = reading | {"consent_mode": "partial"}
    send(as_officer, f"userstore/accessor/{accessor.pk}/change/", again | rows("columns", output))
    assert facts_of(console, "accessor.published")["version"] == 1
    writing = {"name": "SetAlias", "selector": "{id} = ?", "fixed_purposes": [purpose.pk], "access_policy": allow.pk}
    send(as_officer, "userstore/mutator/add/", writing | rows("columns", {"column": alias.pk, "normalizer": ""}))
    assert facts_of(console, "mutator.published")["name"] == "SetAlias"
    mutator = stored(console, Mutator, name="SetAlias")
    in_use = as_officer.post(f"/admin/userstore/column/{alias.pk}/delete/", {"post": "yes"}, follow=True)
    assert "The column is used by GetAlias, SetAlias." in in_use.content.decode()
    send(as_officer, f"userstore/accessor/{accessor.pk}/delete/", {"post": "yes"})
    send(as_officer, f"userstore/mutator/{mutator.pk}/delete/", {"post": "yes"})
    send(as_officer, f"userstore/column/{alias.pk}/delete/", {"post": "yes"})
    kinds = ("accessor.retired", "mutator.retired", "column.retired")
    assert [facts_of(console, kind)["name"] for kind in kinds] == ["GetAlias", "SetAlias", "alias"]


def test_data_types_and_columns_of_them(console: Console, as_officer: Browser) -> None:
    lines = "Street_Address string required\nCity string\nNote string ignored"
    made = {"name": "Address", "description": "Where somebody lives", "lines": lines, "include_id": "on"}
    send(as_officer, "userstore/datatypedefinition/add/", made)
    assert facts_of(console, "data_type.defined")["fields"] == ["Street_Address", "City", "Note", "ID"]
    address = stored(console, DataTypeDefinition, name="Address")
    page = f"/admin/userstore/datatypedefinition/{address.pk}/change/"
    assert lines in as_officer.get(page).content.decode()
    for wrong, told in ((lines + "\nzip string", "Line 4"), (lines + "\nZip", "Line 4: write a name"),
                        (lines + "\nZip weather", "native data type")):  # fmt: skip
        answer = as_officer.post(page, made | {"lines": wrong})
        assert answer.status_code == 200 and told in answer.content.decode()
    home = column("home", data_type="Address", is_array="on", unique_id_required="on", partial_updates="on")
    wrong_column = as_officer.post("/admin/userstore/column/add/", home | {"data_type": "string"})
    assert "composite data type with an id" in wrong_column.content.decode()
    send(as_officer, "userstore/column/add/", home)
    assert stored(console, Column, name="home").unique_id_required
    told_again = made | {"description": "Where they live", "lines": "City string"}
    send(as_officer, f"userstore/datatypedefinition/{address.pk}/change/", told_again)
    changed = stored(console, DataTypeDefinition, name="Address")
    assert (changed.description, len(changed.fields)) == ("Where they live", 3)
    in_use = as_officer.post(f"/admin/userstore/datatypedefinition/{address.pk}/delete/", {"post": "yes"}, follow=True)
    assert "The data type is used by home." in in_use.content.decode()
    listed = as_officer.get("/admin/userstore/datatypedefinition/").content.decode()
    assert "canonical_address" in listed and "native" in listed
    send(as_officer, f"userstore/column/{stored(console, Column, name='home').pk}/delete/", {"post": "yes"})
    send(as_officer, f"userstore/datatypedefinition/{address.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "data_type.retired")["name"] == "Address"


def test_a_selector_error_shows_its_position(console: Console, as_officer: Browser) -> None:
    purpose, allow = stored(console, Purpose, name="operational"), stored(console, AccessPolicy, public_id=ALLOW_ALL)
    email = stored(console, Column, name="email")
    answer = as_officer.post(
        "/admin/userstore/accessor/add/",
        {
            "name": "Bad",
            "selector": "{email} == ?",
            "purposes": [purpose.pk],
            "consent_mode": "strict",
            "access_policy": allow.pk,
            "life_cycle_state": "live",
        }
        | rows("columns", {"column": email.pk, "transformer": "", "token_policy": ""}),
    )
    assert answer.status_code == 200
    assert "⟨here⟩" in answer.content.decode()
    assert is_gone(console, Accessor, name="Bad")


def test_a_column_needs_its_tag_and_unclassified_ones_are_classified_together(
    console: Console, as_officer: Browser
) -> None:
    from userstore.actions.columns import ColumnSpec, define_column

    untagged = as_officer.post("/admin/userstore/column/add/", column("x1", pii_category="", sensitivity=""))
    assert untagged.status_code == 200 and is_gone(console, Column, name="x1")
    made = [
        define_column(system_caller(console.environment.id), spec=ColumnSpec(name, "string")) for name in ("w1", "w2")
    ]
    assert "w1" in as_officer.get("/admin/").content.decode()
    listed = as_officer.get("/admin/userstore/column/?tag=missing").content.decode()
    assert "w1" in listed and "nickname" not in listed
    chosen = {"action": "classify", "_selected_action": [c.pk for c in made]}
    assert "w2" in as_officer.post("/admin/userstore/column/", chosen).content.decode()
    tag = {"classified": "yes", "pii_category": "health", "sensitivity": "4"}
    send(as_officer, "userstore/column/", chosen | tag)
    assert [stored(console, Column, name=name).pii_category for name in ("w1", "w2")] == ["health", "health"]
    assert len(console.booked("column.changed")) == 2


def test_transformers(console: Console, as_officer: Browser) -> None:
    made = {
        "name": "Shout",
        "transform_type": "transform",
        "input_data_type": "string",
        "output_data_type": "string",
        "function": "function transform(data, params) { return data.toUpperCase(); }",
    }
    send(as_officer, "userstore/transformer/add/", made)
    shout = stored(console, Transformer, name="Shout")
    send(as_officer, f"userstore/transformer/{shout.pk}/change/", made | {"version": 0, "description": "Loud."})
    assert facts_of(console, "transformer.published")["version"] == 1
    send(as_officer, f"userstore/transformer/{shout.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "transformer.retired")["name"] == "Shout"


def test_rights_are_given_and_withdrawn(console: Console, as_officer: Browser) -> None:
    client = cast.new_player(console.environment, "job").client
    with in_environment(console.environment.id):
        on = Accessor.objects.get(name="GetUsers")
    given = {"holder": client.account_id, "operation": "read", "resource": f"accessor:{on.pk}", "quota_per_hour": "100"}
    send(as_officer, "governance/right/add/", given)
    assert facts_of(console, "right.given")["quota"] == 100
    right = stored(console, Right, user_id=client.account_id)
    listed = as_officer.get("/admin/governance/right/").content.decode()
    assert "client job" in listed and "accessor GetUsers" in listed and "100 calls an hour" in listed
    wrong = as_officer.post("/admin/governance/right/add/", given | {"operation": "erase"})
    assert "There is no operation" in wrong.content.decode()
    send(as_officer, f"governance/right/{right.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "right.withdrawn")["operation"] == "read"


def test_operators_and_groups_are_defined_by_superusers_alone(console: Console, as_officer: Browser) -> None:
    as_superuser = console.proven(console.superuser)
    for page in ("governance/account/", "governance/account/add/", "auth/group/"):
        assert as_officer.get(f"/admin/{page}").status_code == 403
    send(as_superuser, "auth/group/add/", {"name": "Auditors"})
    from django.contrib.auth.models import Group

    from governance.models import Account

    group = Group.objects.get(name="Auditors")
    new = {"username": "auditor", "groups": [group.pk]}
    assert as_superuser.post("/admin/governance/account/add/", new).status_code == 200  # shows the first password
    assert console.booked_at_the_door("account.defined")[0].actor.id == console.superuser.id
    auditor = Account.objects.get(username="auditor")
    full = as_superuser.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}, follow=True)
    assert "The group has members." in full.content.decode()
    send(as_superuser, f"governance/account/{auditor.pk}/change/", {"groups": []})
    auditor.refresh_from_db()
    assert not auditor.is_active and not auditor.groups.exists()
    send(as_superuser, f"auth/group/{group.pk}/delete/", {"post": "yes"})
    taken = as_superuser.post("/admin/governance/account/add/", {"username": "Auditor", "groups": []})
    assert "That user name is taken." in taken.content.decode()


def test_clients_are_defined_disabled_and_enabled(console: Console, as_officer: Browser) -> None:
    send(as_officer, "governance/client/add/", {"name": "billing", "kind": "job", "description": ""})
    client = stored(console, Client, name="billing")
    send(as_officer, "governance/client/", {"action": "disable", "_selected_action": [client.pk]})
    assert facts_of(console, "client.changed")["disabled"] is True
    assert stored(console, Client, name="billing").disabled_at is not None
    change = {"name": "billing", "description": "Invoices."}
    send(as_officer, f"governance/client/{client.pk}/change/", change | rows("secrets"))
    assert stored(console, Client, name="billing").disabled_at is None
