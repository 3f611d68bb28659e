"""Every change of a definition leaves exactly one entry by whoever made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.actors import SYSTEM
from governance.actions.clients import change_client, define_client, issue_secret, withdraw_secret
from governance.actions.environments import change_environment
from governance.actions.freezes import freeze, unfreeze
from governance.actions.policies import Branch, publish_policy, republish_policy, retire_policy
from governance.actions.policy_templates import (
    publish_template,
    republish_template,
    retire_template,
    retire_template_version,
)
from governance.actions.policy_versions import reinstate_policy, retire_policy_version
from governance.actions.purposes import change_purpose, define_purpose, retire_purpose
from governance.actions.rights import give_right, withdraw_right
from governance.models import ClientSecret
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import ALLOW
from tests.userstore.recorded import Recorded
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor, republish_accessor, retire_accessor
from userstore.actions.columns import ColumnSpec, change_column, define_column, retire_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator, republish_mutator, retire_mutator
from userstore.actions.transformers import (
    TransformerSpec,
    publish_transformer,
    republish_transformer,
    retire_transformer,
    retire_transformer_version,
)

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "function {0}(a, b) {{ return true }}"

begun, book = beginning(Recorded)


def test_every_configuration_change_leaves_one_entry_by_whoever_made_it(book: Recorded) -> None:
    me = book.officer
    made: dict[str, Any] = {}

    def policy(name: str) -> dict[str, Any]:
        return {"name": name, "policy_type": "composite_or", "components": [Branch(policy=ALLOW)]}

    def secret_pk() -> int:
        with in_environment(book.environment.id):
            return ClientSecret.objects.filter(client=made["client"]).latest("pk").pk

    column = ColumnSpec("colour", "string", pii_category="name", sensitivity=2)
    transformer = TransformerSpec("shout", "transform", SCRIPT.format("transform"))

    def accessor(name: str) -> AccessorSpec:
        output = (OutputSpec(made["column"].public_id),)
        return AccessorSpec(name, "{id} = ?", output, (book.purposes["marketing"].public_id,), ALLOW)

    def mutator(name: str) -> MutatorSpec:
        return MutatorSpec(name, "{id} = ?", (InputSpec(made["column"].public_id),), ALLOW)

    steps: list[tuple[str, str, Callable[[], Any]]] = [
        ("client.defined", "client", lambda: define_client(me, name="c")),
        ("client.changed", "", lambda: change_client(
            me, client_id=made["client"].public_id, name="d", description="", is_disabled=False)),
        ("client.secret_issued", "", lambda: issue_secret(me, client_id=made["client"].public_id)),
        ("client.secret_withdrawn", "", lambda: withdraw_secret(
            me, client_id=made["client"].public_id, secret_pk=secret_pk())),
        ("right.given", "right", lambda: give_right(
            me, holder=made["client"].account, operation="read", on=book.environment)),
        ("right.withdrawn", "", lambda: withdraw_right(me, right=made["right"])),
        ("purpose.defined", "purpose", lambda: define_purpose(me, name="research")),
        ("purpose.changed", "", lambda: change_purpose(
            me, public_id=made["purpose"].public_id, name="research", description="x")),
        ("purpose.retired", "", lambda: retire_purpose(me, public_id=made["purpose"].public_id)),
        ("policy_template.published", "template", lambda: publish_template(
            me, name="t", function=SCRIPT.format("policy"))),
        ("policy_template.published", "", lambda: republish_template(
            me, public_id=made["template"].public_id, version=0, name="t", function=SCRIPT.format("policy"),
            description="x")),
        ("policy_template.version_retired", "", lambda: retire_template_version(
            me, public_id=made["template"].public_id, version=1)),
        ("policy_template.retired", "", lambda: retire_template(me, public_id=made["template"].public_id)),
        ("access_policy.published", "policy", lambda: publish_policy(me, **policy("p"))),
        ("access_policy.published", "", lambda: republish_policy(
            me, public_id=made["policy"].public_id, version=0, description="", **policy("q"))),
        ("access_policy.published", "", lambda: reinstate_policy(me, public_id=made["policy"].public_id, version=0)),
        ("access_policy.version_retired", "", lambda: retire_policy_version(
            me, public_id=made["policy"].public_id, version=2)),
        ("access_policy.retired", "", lambda: retire_policy(me, public_id=made["policy"].public_id)),
        ("freeze.set", "freeze", lambda: freeze(me, kind="client", target_id=made["client"].public_id, reason="why")),
        ("freeze.lifted", "", lambda: unfreeze(me, freeze_id=made["freeze"].public_id)),
        ("column.defined", "column", lambda: define_column(me, spec=column)),
        ("column.changed", "", lambda: change_column(
            me, public_id=made["column"].public_id, spec=replace(column, sensitivity=3))),
        ("transformer.published", "transformer", lambda: publish_transformer(me, spec=transformer)),
        ("transformer.published", "", lambda: republish_transformer(
            me, public_id=made["transformer"].public_id, version=0, spec=replace(transformer, description="x"))),
        ("transformer.version_retired", "", lambda: retire_transformer_version(
            me, public_id=made["transformer"].public_id, version=0)),
        ("transformer.retired", "", lambda: retire_transformer(me, public_id=made["transformer"].public_id)),
        ("accessor.published", "accessor", lambda: publish_accessor(me, spec=accessor("a"))),
        ("accessor.published", "", lambda: republish_accessor(
            me, public_id=made["accessor"].public_id, spec=accessor("b"))),
        ("accessor.retired", "", lambda: retire_accessor(me, public_id=made["accessor"].public_id)),
        ("mutator.published", "mutator", lambda: publish_mutator(me, spec=mutator("a"))),
        ("mutator.published", "", lambda: republish_mutator(
            me, public_id=made["mutator"].public_id, spec=mutator("b"))),
        ("mutator.retired", "", lambda: retire_mutator(me, public_id=made["mutator"].public_id)),
        ("column.retired", "", lambda: retire_column(me, public_id=made["column"].public_id)),
        ("environment.changed", "", lambda: change_environment(me, description="x", is_protected=False)),
    ]  # fmt: skip
    for kind, keep, step in steps:
        result = step()
        book.expect(kind, by=me)
        if keep:
            made[keep] = result


def test_what_management_commands_do_is_the_systems_own_which_has_no_id(book: Recorded) -> None:
    define_purpose(book.system, name="research")
    kept = freeze(book.system, kind="purpose", target_id=book.purposes["marketing"].public_id)
    unfreeze(book.officer, freeze_id=kept.public_id)
    by = {(entry.kind, entry.actor) for entry in book.new_entries()}
    assert by == {("purpose.defined", SYSTEM), ("freeze.set", SYSTEM), ("freeze.lifted", book.officer.actor)}
    assert kept.frozen_by is None


def test_the_record_of_a_retired_version_says_which_holds_now_and_of_the_last_one_that_none_does(
    book: Recorded,
) -> None:
    made = publish_template(book.officer, name="t", function=SCRIPT.format("policy"))
    republish_template(
        book.officer, public_id=made.public_id, version=0, name="t", function=SCRIPT.format("policy"), description="x"
    )
    book.new_entries()
    retire_template_version(book.officer, public_id=made.public_id, version=1)
    retire_template_version(book.officer, public_id=made.public_id, version=0)
    last, first = book.new_entries()  # the newest comes first
    assert (first.kind, first.facts["version"], first.facts["current"]) == ("policy_template.version_retired", 1, 0)
    assert (last.kind, last.facts["version"]) == ("policy_template.retired", 0)
