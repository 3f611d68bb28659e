"""An accessor shows a column through native transformers that are meant for its data type, and through no others."""

from __future__ import annotations

from uuid import UUID

import pytest

from governance.actions.builtin import OPERATIONAL
from governance.identities import Caller
from tests.api.calling import ALLOW_ALL
from tests.userstore.test_normalizers import SCRIPT, built_in, caller, column, script
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor, republish_accessor
from userstore.actions.columns import ColumnSpec, change_column, define_column
from userstore.actions.datatypes import DataTypeSpec, FieldSpec, define_data_type
from userstore.actions.transformers import TransformerSpec, publish_transformer, republish_transformer
from userstore.errors import Invalid

pytestmark = pytest.mark.django_db
__all__ = ["caller"]


def spec(*columns: OutputSpec, name: str = "Get") -> AccessorSpec:
    outputs = tuple(OutputSpec(each.column, each.transformer, each.token_policy or ALLOW_ALL) for each in columns)
    return AccessorSpec(name, "{id} = ?", outputs, (OPERATIONAL,), ALLOW_ALL)


@pytest.mark.parametrize(
    ("data_type", "name"),
    [
        ("phonenumber", "PhoneToID"), ("string", "PhoneMask"), ("email", "EmailToID"), ("ssn", "SSNToID"),
        ("integer", "FullMask"), ("boolean", "Redact"), ("timestamp", "DateCoarsened"), ("birthdate", "AgeBand"),
        ("uuid", "UUID"), ("integer", "PassthroughUnchangedData"), ("Home", "Redact"), ("Home", "UUID"),
    ],
)  # fmt: skip
def test_a_transformer_that_is_meant_for_the_column_is_taken(caller: Caller, data_type: str, name: str) -> None:
    if data_type == "Home":
        define_data_type(caller, spec=DataTypeSpec("Home", "A place", (FieldSpec("City", "string"),)))
    shown = OutputSpec(column(caller, data_type), built_in(name))
    assert publish_accessor(caller, spec=spec(shown)).version == 0


@pytest.mark.parametrize(
    ("data_type", "name"),
    [
        ("integer", "PhoneToID"), ("boolean", "EmailMask"), ("phonenumber", "AgeBand"), ("integer", "DateCoarsened"),
        ("uuid", "FF1Pseudonym"), ("date", "NormalizeE164"), ("Home", "PhoneMask"),
    ],
)  # fmt: skip
def test_one_that_is_not_is_refused_with_field_position_and_remedy(caller: Caller, data_type: str, name: str) -> None:
    if data_type == "Home":
        define_data_type(caller, spec=DataTypeSpec("Home", "A place", (FieldSpec("City", "string"),)))
    fits, misfit = (
        OutputSpec(column(caller, kind), built_in(by)) for kind, by in (("string", "Trim"), (data_type, name))
    )
    with pytest.raises(Invalid) as refused:
        publish_accessor(caller, spec=spec(fits, misfit))
    assert (refused.value.field, refused.value.position) == ("columns.transformer", 2)
    assert f"that takes {data_type}" in (refused.value.remedy or "") and name in str(refused.value)
    accessor = publish_accessor(caller, spec=spec(fits))
    with pytest.raises(Invalid):
        republish_accessor(caller, public_id=accessor.public_id, spec=spec(fits, misfit))


def test_scripts_show_any_column(caller: Caller) -> None:
    any_column = OutputSpec(column(caller, "integer"), script(caller, "string", "string"))
    assert publish_accessor(caller, spec=spec(any_column)).version == 0


def test_a_columns_default_transformer_has_to_fit_it_as_well(caller: Caller) -> None:
    def number(transformer: UUID | None) -> ColumnSpec:
        return ColumnSpec("age", "integer", pii_category="contact", sensitivity=2, default_transformer=transformer)

    with pytest.raises(Invalid) as refused:
        define_column(caller, spec=number(built_in("PhoneMask")))
    assert (refused.value.field, refused.value.position) == ("default_transformer", None)
    age = define_column(caller, spec=number(built_in("FullMask"))).public_id
    with pytest.raises(Invalid):
        change_column(caller, public_id=age, spec=number(built_in("EmailMask")))
    assert publish_accessor(caller, spec=spec(OutputSpec(age))).version == 0


def test_a_transformer_that_columns_are_shown_through_does_not_become_one_that_misfits(caller: Caller) -> None:
    def own(native: str) -> TransformerSpec:
        return TransformerSpec("Ours", "transform", "" if native else SCRIPT, native)

    ours = publish_transformer(caller, spec=own("")).public_id
    number = column(caller, "integer")
    publish_accessor(caller, spec=spec(OutputSpec(number, ours)))
    with pytest.raises(Invalid, match="of_integer"):
        republish_transformer(caller, public_id=ours, version=0, spec=own("PhoneMask"))
    assert republish_transformer(caller, public_id=ours, version=0, spec=own("FullMask")).version == 1
