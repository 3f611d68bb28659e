"""The versions of a definition: what each changed is told in words, and a former one is published again."""

from __future__ import annotations

import re
from html import unescape

from django.test import Client as Browser

from audit.actors import Actor
from governance.actions.environments import change_environment
from governance.actions.policies import Branch, publish_policy, republish_policy
from governance.actions.policy_templates import publish_template, republish_template
from governance.identities import system_caller
from governance.models import AccessPolicy, PolicyTemplate
from governance.operators.comparing import differences
from keyring.walls import in_environment
from tests.console.people import Console
from tests.console.test_definitions import stored
from tests.userstore.phonebook import ALLOW, PhoneBook
from userstore.actions.accessors import AccessorSpec, OutputSpec, republish_accessor
from userstore.actions.columns import retire_column
from userstore.actions.mutators import InputSpec, MutatorSpec, republish_mutator
from userstore.models import Accessor, Mutator

YES = "function policy(context, params) {\n  return true;\n}"
NO = YES.replace("true", "false")


def changes_on(page: str) -> list[str]:
    return [unescape(line) for line in re.findall(r"<(?:ins|del)>(.*?)</(?:ins|del)>", page)]


def two_versions(console: Console) -> str:
    system = system_caller(console.environment.id)
    made = publish_template(system, name="Rule", function=NO)
    republish_template(system, public_id=made.public_id, version=0, name="Rule", function=YES, description="open")
    return f"/admin/governance/policytemplate/{stored(console, PolicyTemplate, name='Rule').pk}/versions/"


def test_the_page_tells_what_a_version_changed_and_publishes_a_former_one_again(
    console: Console, as_officer: Browser
) -> None:
    page = two_versions(console)
    form = as_officer.get(page.replace("versions", "change")).content.decode()
    assert page in form
    shown = as_officer.get(page).content.decode()
    assert changes_on(shown) == [
        "- description: ",
        "+ description: open",
        "-       return false;",
        "+       return true;",
    ]
    assert "Publish version 0 again" in shown and "Publish version 1 again" not in shown
    told = as_officer.post(page, {"version": "0"}, follow=True).content.decode()
    assert "Version 0 is published again as the next one" in told
    template = stored(console, PolicyTemplate, name="Rule")
    assert (template.version, template.function, template.description) == (2, NO, "")
    assert console.booked("policy_template.published")[0].actor == Actor("operator", console.officer.pk)
    assert "There is no such version." in as_officer.post(page, {"version": "7"}, follow=True).content.decode()


def test_a_policy_is_compared_by_the_names_of_its_parts(console: Console, as_officer: Browser) -> None:
    system = system_caller(console.environment.id)
    made = publish_policy(system, name="Closing", policy_type="composite_and", components=[Branch(policy=ALLOW)])
    deny = stored(console, AccessPolicy, name="DenyAll").public_id
    republish_policy(
        system, public_id=made.public_id, version=0, name="Closing", policy_type="composite_and",
        components=[Branch(policy=deny)], description="",
    )  # fmt: skip
    page = f"/admin/governance/accesspolicy/{stored(console, AccessPolicy, name='Closing').pk}/versions/"
    changes = changes_on(as_officer.get(page).content.decode())
    assert [line.replace(" ", "") for line in changes] == ['-"policy":"AllowAll",', '+"policy":"DenyAll",']


def test_accessors_and_mutators_are_compared_by_names_and_published_again(
    console: Console, as_officer: Browser
) -> None:
    book = PhoneBook(console.environment)
    phone, note = book.phones(), book.column("note")
    accessor, mutator = book.getter(phone), book.setter(phone, purposes=("marketing",))
    former = stored(console, Accessor, public_id=accessor)
    purpose, policy = book.purposes["authentication"].public_id, book.policy
    republish_accessor(
        book.system, public_id=accessor,
        spec=AccessorSpec(former.name, "{id} = ?", (OutputSpec(note), OutputSpec(phone)), (purpose,), policy),
    )  # fmt: skip
    republish_mutator(
        book.system, public_id=mutator,
        spec=MutatorSpec(
            stored(console, Mutator, public_id=mutator).name, "{id} = ?", (InputSpec(phone), InputSpec(note)), policy
        ),
    )  # fmt: skip
    for kind, model, public_id in (("accessor", Accessor, accessor), ("mutator", Mutator, mutator)):
        page = f"/admin/userstore/{kind}/{stored(console, model, public_id=public_id).pk}/versions/"
        shown = as_officer.get(page).content.decode()
        assert any('"column": "note"' in line for line in changes_on(shown)) and str(note) not in shown
        assert as_officer.post(page, {"version": "0"}, follow=True).status_code == 200
        again = stored(console, model, public_id=public_id)
        with in_environment(console.environment.id):
            assert (again.version, [row.column.name for row in again.columns.all()]) == (2, ["phone"])
        assert console.booked(f"{kind}.published")[0].actor == Actor("operator", console.officer.pk)
    assert stored(console, Accessor, public_id=accessor).selector == former.selector
    book.write(mutator, person := book.subject(), {"phone": {"value_additions": ["555-0123"]}})
    assert book.read(book.getter(phone, purposes=("marketing",)), person) == ["555-0123"]


def test_a_version_that_names_what_is_gone_is_not_published_again(console: Console, as_officer: Browser) -> None:
    book = PhoneBook(console.environment)
    phone, gone = book.phones(), book.column("gone")
    accessor = book.getter(phone, OutputSpec(gone))
    name, purpose = stored(console, Accessor, public_id=accessor).name, book.purposes["authentication"].public_id
    spec = AccessorSpec(name, "{id} = ?", (OutputSpec(phone),), (purpose,), book.policy)
    republish_accessor(book.system, public_id=accessor, spec=spec)
    retire_column(book.system, public_id=gone)
    page = f"/admin/userstore/accessor/{stored(console, Accessor, public_id=accessor).pk}/versions/"
    told = as_officer.post(page, {"version": "0"}, follow=True).content.decode()
    assert "Version 0 cannot hold again" in told
    assert stored(console, Accessor, public_id=accessor).version == 1


def test_who_may_not_configure_neither_sees_versions_nor_publishes_one(console: Console, as_support: Browser) -> None:
    page = two_versions(console)
    for answer in (as_support.get(page), as_support.post(page, {"version": "0"}), Browser().get(page)):
        assert answer.status_code in {302, 403}
        assert "return" not in answer.content.decode()
    assert stored(console, PolicyTemplate, name="Rule").version == 1


def test_in_a_protected_environment_a_former_version_is_proposed(console: Console, as_officer: Browser) -> None:
    page = two_versions(console)
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    assert "/admin/changes/" in as_officer.post(page, {"version": "0"})["Location"]
    assert stored(console, PolicyTemplate, name="Rule").version == 1


def test_equal_bodies_differ_in_nothing() -> None:
    assert differences({"a": [1, {"b": None}]}, {"a": [1, {}]}, {}) == []
