"""The registry: what the wire contract's clients find in every environment, and what runs natively."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from usercloudssdk import constants, policies

from userstore.datatypes import DATA_TYPES
from userstore.transforming import renditions
from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS, BY_ID, native
from userstore.transforming.protocol import Tokenization, Transform, TransformKind

VENDORS_IDS = {
    "UUID": (policies.TransformerUUID.id, "tokenizebyvalue"),
    "EmailToID": (policies.TransformerEmail.id, "tokenizebyvalue"),
    "FullNameToID": (policies.TransformerFullName.id, "transform"),
    "SSNToID": (policies.TransformerSSN.id, "transform"),
    "CreditCardToID": (policies.TransformerCreditCard.id, "transform"),
    "PassthroughUnchangedData": (policies.TransformerPassThrough.id, "passthrough"),
}


@pytest.mark.parametrize("name", VENDORS_IDS)
def test_the_vendors_transformers_are_there_under_the_ids_its_client_assumes(name: str) -> None:
    public_id, kind = VENDORS_IDS[name]
    row = BY_ID[public_id]  # type: ignore[index]  # the client has no types
    assert (row.name, row.transform_type.value) == (name, kind)


def test_ids_and_names_are_unique_and_names_are_names_of_the_contract() -> None:
    assert len(BY_ID) == len(BUILT_IN_TRANSFORMERS)
    assert len({row.name.casefold() for row in BUILT_IN_TRANSFORMERS}) == len(BUILT_IN_TRANSFORMERS)
    for row in BUILT_IN_TRANSFORMERS:
        assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_\-]{0,127}", row.name)
        assert row.description.endswith(".")


@pytest.mark.parametrize("row", BUILT_IN_TRANSFORMERS, ids=lambda row: row.name)
def test_the_vendors_client_reads_every_row(row: Any) -> None:
    assert constants.DataType(row.input_data_type)
    assert constants.DataType(row.output_data_type)
    assert constants.TransformType(row.transform_type.value)
    assert row.native.takes(row.input_data_type)


def test_transformers_speak_of_data_types_that_exist() -> None:
    spoken_of = {name for row in BUILT_IN_TRANSFORMERS for name in (*row.native.input_types, row.output_data_type)}
    assert spoken_of == set(DATA_TYPES)


@pytest.mark.parametrize("row", BUILT_IN_TRANSFORMERS, ids=lambda row: row.name)
def test_every_row_writes_its_parameters_out_and_reads_them_back(row: Any) -> None:
    assert row.parameters == "" or json.loads(row.parameters)
    assert row.native.parse(row.parameters) is not None


def test_only_tokenizing_rows_reuse_tokens() -> None:
    reusing = [row for row in BUILT_IN_TRANSFORMERS if row.reuse_existing_token]
    assert reusing
    assert all(row.transform_type.tokenizes for row in reusing)


def test_a_built_in_text_with_other_parameters_runs_natively() -> None:
    found = native(renditions.PHONE.replace("\n", "\r\n") + "\n", TransformKind.TRANSFORM)
    assert isinstance(found, Transform)
    assert found.parse({"last": 4}).last == 4


def test_any_other_text_is_a_script() -> None:
    changed = renditions.PHONE.replace("params.last", "9")
    assert native(changed, TransformKind.TRANSFORM) is None
    assert native("", TransformKind.TRANSFORM) is None


def test_a_mask_is_no_native_token_format_but_a_random_format_may_be_a_transform() -> None:
    assert native(renditions.FULL, TransformKind.TOKENIZE_BY_VALUE) is None
    assert native(renditions.PASSTHROUGH, TransformKind.TOKENIZE_BY_REFERENCE) is None
    assert isinstance(native(renditions.SSN_ID, TransformKind.TRANSFORM), Tokenization)
    assert isinstance(native(renditions.PHONE_TOKEN, TransformKind.TOKENIZE_BY_REFERENCE), Tokenization)


def test_a_pass_through_ignores_the_text_it_was_sent_with() -> None:
    found = native("function transform(data, params) { return 'x'; }", TransformKind.PASSTHROUGH)
    assert found is not None
    assert found.name == "PassthroughUnchangedData"
