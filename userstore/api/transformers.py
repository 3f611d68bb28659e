"""Transformers in the wire contract; beyond it they may name native code and carry a description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from governance.identities import Caller
from governance.models import Revision
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.keys import VERSIONED, Keys, text_key
from governance.wire.shapes import ANY, FLAG, ID, NUMBER, REFERENCE, TEXT, choice, shape
from userstore.actions.transformers import KIND as TRANSFORMER
from userstore.actions.transformers import (
    TransformerSpec,
    publish_transformer,
    republish_transformer,
    retire_transformer,
    retire_transformer_version,
)
from userstore.api.datatypes import (
    named_data_type,
    reference_to_data_type,
    referred_data_type,
    rendered_constraint_fields,
    wire_type,
)
from userstore.datatypes import DataType
from userstore.models import Transformer
from userstore.models.transformers import BY_REFERENCE, BY_VALUE, PASSTHROUGH, TRANSFORM


@dataclass(frozen=True, slots=True)
class TransformerAsked:
    """A transformer as a body asks for it, and the version that is changed."""

    spec: TransformerSpec
    version: int


def rendered_transformer(row: Transformer) -> dict[str, Any]:
    """Write a transformer."""
    taken, given = named_data_type(row.input_data_type), named_data_type(row.output_data_type)
    return {
        "id": str(row.public_id),
        "name": row.name,
        "description": row.description,
        "input_data_type": reference_to_data_type(taken),
        "input_type": wire_type(taken),
        "input_type_constraints": _constraints(taken),
        "output_data_type": reference_to_data_type(given),
        "output_type": wire_type(given),
        "output_type_constraints": _constraints(given),
        "reuse_existing_token": row.reuse_existing_token,
        "transform_type": row.transform_type,
        "tag_ids": [],
        "function": row.function,
        "parameters": row.parameters,
        "version": row.version,
        "is_system": row.is_system,
        "native": row.native,
    }


def rendered_former_transformer(row: Transformer, revision: Revision) -> dict[str, Any]:
    """Write a former version of a transformer."""
    former = Transformer(public_id=row.public_id, version=revision.version, is_system=row.is_system, **revision.body)
    return rendered_transformer(former)


class Transformers(Family[Transformer]):
    """What becomes of values on their way out."""

    name = "transformer"
    wrapper = "transformer"
    model = Transformer
    name_parameter = "transformer_name"
    version_parameter = "transformer_version"
    revisions = TRANSFORMER
    retires_by_version = True
    keys: ClassVar[Keys] = {**VERSIONED, "transform_type": text_key("transform_type")}
    shape = shape(
        id=ID,
        name=TEXT,
        description=TEXT,
        input_data_type=REFERENCE,
        input_type=TEXT,
        input_type_constraints=ANY,
        output_data_type=REFERENCE,
        output_type=TEXT,
        output_type_constraints=ANY,
        transform_type=choice(PASSTHROUGH, TRANSFORM, BY_VALUE, BY_REFERENCE),
        function=TEXT,
        parameters=TEXT,
        reuse_existing_token=FLAG,
        version=NUMBER,
        is_system=FLAG,
        native={**TEXT, "description": "Name of the native code that runs in place of a script."},
    )

    def render(self, row: Transformer) -> dict[str, Any]:
        return rendered_transformer(row)

    def read(self, fields: Fields, stored: Transformer | None) -> TransformerAsked:
        base = stored or Transformer(transform_type="", parameters="", description="")
        return TransformerAsked(spec_in(fields, base), version=fields.number("version") if stored else 0)

    def create(self, caller: Caller, asked: TransformerAsked, public_id: UUID | None) -> Transformer:
        return publish_transformer(caller, spec=asked.spec, public_id=public_id)

    def update(self, caller: Caller, asked: TransformerAsked, public_id: UUID) -> Transformer:
        return republish_transformer(caller, public_id=public_id, version=asked.version, spec=asked.spec)

    def render_former(self, row: Transformer, revision: Revision) -> dict[str, Any]:
        return rendered_former_transformer(row, revision)

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_transformer(caller, public_id=public_id)

    def retire_version(self, caller: Caller, public_id: UUID, version: int) -> None:
        retire_transformer_version(caller, public_id=public_id, version=version)


def spec_in(fields: Fields, base: Transformer) -> TransformerSpec:
    """Read what is asked for; keys that are absent are as in the base."""
    function = fields.kept_text("function", base.function)
    # A changed text is a script again: what ran natively in its place no longer stands for it.
    native = fields.kept_text("native", base.native if function == base.function else "")
    return TransformerSpec(
        name=fields.text("name", base.name or None),
        transform_type=fields.text("transform_type", base.transform_type or None),
        function=function,
        native=native,
        parameters=fields.kept_text("parameters", base.parameters),
        description=fields.kept_text("description", base.description),
        input_data_type=_data_type(fields, "input", base.input_data_type),
        output_data_type=_data_type(fields, "output", base.output_data_type),
        reuse_existing_token=fields.kept_flag("reuse_existing_token", stored=base.reuse_existing_token),
    )


def _data_type(fields: Fields, side: str, stored: str) -> str:
    meant = referred_data_type(fields, f"{side}_data_type")
    if meant is not None:
        return meant.name
    kept = named_data_type(stored)
    named = fields.text(f"{side}_type", wire_type(kept))
    return stored if named == wire_type(kept) else named_data_type(named, field=fields.path(f"{side}_type")).name


def _constraints(data_type: DataType) -> dict[str, Any]:
    return {
        "immutable_required": False,
        "partial_updates": False,
        "unique_id_required": False,
        "unique_required": False,
        "fields": rendered_constraint_fields(data_type),
    }
