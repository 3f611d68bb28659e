"""Mutators in the wire contract; beyond it they may fix the purposes of what they write."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from governance.identities import Caller
from governance.models import AccessPolicy, Purpose
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.references import optionally_referred, reference_to, referred, referred_list
from governance.wire.shapes import FLAG, ID, NUMBER, REFERENCE, TEXT, array, shape
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator, republish_mutator, retire_mutator
from userstore.models import Column, Mutator, Transformer


class Mutators(Family[Mutator]):
    """The write APIs of the store."""

    name = "mutator"
    wrapper = "mutator"
    model = Mutator
    name_parameter = "mutator_name"
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
            "purposes": [reference_to(purpose) for purpose in row.fixed_purposes.order_by("name")],
            "is_system": row.is_system,
        }

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


def _input(fields: Fields) -> InputSpec:
    # `validator` is the contract's former name of `normalizer`.
    name = "normalizer" if fields.has("normalizer") or not fields.has("validator") else "validator"
    return InputSpec(
        column=referred(fields, "column", Column), normalizer=optionally_referred(fields, name, Transformer)
    )
