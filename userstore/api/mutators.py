"""Mutators in the wire contract; beyond it they may fix the purposes of what they write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from governance.identities import Caller
from governance.models import AccessPolicy, Purpose, Revision
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.keys import VERSIONED, Keys, Members, id_key
from governance.wire.references import optionally_referred, reference_to, referents, referred, referred_list
from governance.wire.shapes import FLAG, ID, NUMBER, REFERENCE, TEXT, array, shape
from userstore.actions.mutators import KIND as MUTATOR
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator, republish_mutator, retire_mutator
from userstore.models import Column, Mutator, MutatorColumn, Transformer


class Mutators(Family[Mutator]):
    """The write APIs of the store."""

    name = "mutator"
    wrapper = "mutator"
    model = Mutator
    name_parameter = "mutator_name"
    version_parameter = "mutator_version"
    revisions = MUTATOR
    keys: ClassVar[Keys] = {
        **VERSIONED,
        "columns": Members(MutatorColumn, "mutator", "column__public_id"),
        "access_policy": id_key("access_policy__public_id", sorts=False),
    }
    shape = shape(
        id=ID,
        name=TEXT,
        description=TEXT,
        version=NUMBER,
        selector_config=shape(where_clause=TEXT),
        columns=array(shape(column=REFERENCE, normalizer=REFERENCE)),
        access_policy=REFERENCE,
        purposes={
            **array(REFERENCE),
            "description": "Fixed purposes: writes carry exactly these. Empty: each write names its own.",
        },
        is_system=FLAG,
    )

    def render(self, row: Mutator) -> dict[str, Any]:
        inputs = row.columns.select_related("column", "normalizer").order_by("ordinal")
        return _written(row, inputs, row.fixed_purposes.order_by("name"))

    def render_former(self, row: Mutator, revision: Revision) -> dict[str, Any]:
        former, inputs, purposes = _former(row, revision)
        return _written(former, inputs, purposes)

    def read(self, fields: Fields, stored: Mutator | None) -> MutatorSpec:
        # What is absent is read from the stored mutator's own wire form.
        base = Fields(self.render(stored)) if stored else fields
        from_given = {name: fields if fields.has(name) else base for name in self.shape["properties"]}
        selector = from_given["selector_config"].nested("selector_config")
        return MutatorSpec(
            name=from_given["name"].text("name"),
            selector=selector.text("where_clause"),
            columns=tuple(_input(each) for each in from_given["columns"].nested_list("columns")),
            access_policy=referred(from_given["access_policy"], "access_policy", AccessPolicy),
            description=from_given["description"].text("description", ""),
            fixed_purposes=referred_list(fields, "purposes", Purpose) if fields.has("purposes") else None,
        )

    def create(self, caller: Caller, asked: MutatorSpec, public_id: UUID | None) -> Mutator:
        return publish_mutator(caller, spec=asked, public_id=public_id)

    def update(self, caller: Caller, asked: MutatorSpec, public_id: UUID) -> Mutator:
        return republish_mutator(caller, public_id=public_id, spec=asked)

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_mutator(caller, public_id=public_id)


def _written(row: Mutator, inputs: Iterable[MutatorColumn], purposes: Iterable[Purpose]) -> dict[str, Any]:
    return {
        "id": str(row.public_id),
        "name": row.name,
        "description": row.description,
        "version": row.version,
        "selector_config": {"where_clause": row.selector},
        "columns": [
            {"column": reference_to(each.column), "normalizer": reference_to(each.normalizer)} for each in inputs
        ],
        "access_policy": reference_to(row.access_policy),
        "purposes": [reference_to(purpose) for purpose in purposes],
        "is_system": row.is_system,
    }


def _former(row: Mutator, revision: Revision) -> tuple[Mutator, list[MutatorColumn], list[Purpose]]:
    """Build a former version from what was kept of it; never stored."""
    body = revision.body
    columns = referents(Column, (each["column"] for each in body["columns"]))
    normalizers = referents(Transformer, (each["normalizer"] for each in body["columns"]))
    former = Mutator(
        public_id=row.public_id,
        version=revision.version,
        is_system=row.is_system,
        access_policy=referents(AccessPolicy, [body["access_policy"]])[body["access_policy"]],
        **{name: body[name] for name in ("name", "description", "selector")},
    )
    inputs = [
        MutatorColumn(column=columns[each["column"]], normalizer=normalizers.get(each["normalizer"]))
        for each in body["columns"]
    ]
    purposes = referents(Purpose, body["fixed_purposes"])
    return former, inputs, sorted(purposes.values(), key=lambda purpose: purpose.name)


def _input(fields: Fields) -> InputSpec:
    # `validator` is the contract's former name of `normalizer`.
    name = "normalizer" if fields.has("normalizer") or not fields.has("validator") else "validator"
    return InputSpec(
        column=referred(fields, "column", Column), normalizer=optionally_referred(fields, name, Transformer)
    )
