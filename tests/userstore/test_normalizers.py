"""A mutator writes through transformers that take and give what its columns hold, and through no others."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from governance.identities import Caller, system_caller
from tests import cast
from tests.api.calling import ALLOW_ALL
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.datatypes import DataTypeSpec, FieldSpec, define_data_type
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.transformers import TransformerSpec, publish_transformer, republish_transformer
from userstore.errors import Invalid
from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS

pytestmark = pytest.mark.django_db

SCRIPT = "function transform(data, params) { return data; }"


@pytest.fixture
def caller() -> Caller:
    return system_caller(cast.new_environment().id)


def column(caller: Caller, data_type: str) -> UUID:
    spec = ColumnSpec(f"of_{data_type}", data_type, pii_category="contact", sensitivity=2)
    return define_column(caller, spec=spec).public_id


def script(caller: Caller, takes: str, gives: str) -> UUID:
    spec = TransformerSpec(
        f"From_{takes}_to_{gives}", "transform", SCRIPT, input_data_type=takes, output_data_type=gives
    )
    return publish_transformer(caller, spec=spec).public_id


def built_in(name: str) -> UUID:
    return next(each.id for each in BUILT_IN_TRANSFORMERS if each.name == name)


def mutator(caller: Caller, column_id: UUID, normalizer: UUID) -> None:
    spec = MutatorSpec("Set", "{id} = ?", (InputSpec(column_id, normalizer),), ALLOW_ALL)
    publish_mutator(caller, spec=spec)


@pytest.mark.parametrize(
    ("data_type", "takes", "gives"),
    [
        ("string", "string", "string"),
        ("email", "string", "email"),
        ("phonenumber", "email", "string"),
        ("integer", "string", "integer"),
        ("birthdate", "date", "date"),
    ],
)
def test_a_normalizer_that_takes_and_gives_what_the_column_holds_is_taken(
    caller: Caller, data_type: str, takes: str, gives: str
) -> None:
    mutator(caller, column(caller, data_type), script(caller, takes, gives))


@pytest.mark.parametrize(
    ("data_type", "takes", "gives", "remedy"),
    [
        ("integer", "string", "string", "output_data_type is integer"),
        ("boolean", "boolean", "timestamp", "output_data_type is boolean"),
        ("string", "integer", "string", "input_data_type is string"),
        ("timestamp", "date", "timestamp", "input_data_type is timestamp"),
    ],
)
def test_a_normalizer_that_does_not_fit_is_refused_with_the_remedy(
    caller: Caller, data_type: str, takes: str, gives: str, remedy: str
) -> None:
    with pytest.raises(Invalid) as refused:
        mutator(caller, column(caller, data_type), script(caller, takes, gives))
    assert (refused.value.field, refused.value.position) == ("columns.normalizer", 1)
    assert remedy in (refused.value.remedy or "")


def test_a_built_in_normalizer_says_itself_what_it_takes(caller: Caller) -> None:
    trim, e164 = (built_in(name) for name in ("Trim", "NormalizeE164"))
    number, phone = column(caller, "integer"), column(caller, "phonenumber")
    for misfit in (trim, e164):
        with pytest.raises(Invalid):
            mutator(caller, number, misfit)
    mutator(caller, phone, e164)


def test_composite_columns_take_normalizers_of_their_own_type_alone(caller: Caller) -> None:
    for name in ("Home", "Work"):
        define_data_type(caller, spec=DataTypeSpec(name, "A place", (FieldSpec("City", "string"),)))
    place = column(caller, "Home")
    for takes, gives in (("string", "Home"), ("Home", "string"), ("Work", "Home"), ("Home", "Work")):
        with pytest.raises(Invalid):
            mutator(caller, place, script(caller, takes, gives))
    mutator(caller, place, script(caller, "Home", "Home"))


def test_a_transformer_in_use_does_not_change_into_one_that_no_longer_fits(caller: Caller) -> None:
    normalizer = script(caller, "string", "integer")
    mutator(caller, column(caller, "integer"), normalizer)
    spec = TransformerSpec("Counted", "transform", SCRIPT, input_data_type="string", output_data_type="integer")
    republish_transformer(caller, public_id=normalizer, version=0, spec=spec)
    for misfit in (
        replace(spec, output_data_type="string"),
        replace(spec, transform_type="tokenizebyvalue", function="function tokenize(data, params) { return data; }"),
    ):
        with pytest.raises(Invalid):
            republish_transformer(caller, public_id=normalizer, version=1, spec=misfit)
