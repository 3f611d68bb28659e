"""Personal data in variants of an enum: tagged, followed by the planner, hidden by masks, never dropped halfway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataflow.functions.protocol import NoSecrets, ParametersRefused
from dataflow.functions.registry import BUILTINS
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.schemas.shapes import TEXT, Choice, Field, Pair, Record, categories

FLOW = """
apiVersion: 0.5.0
meta: {name: contacts, version: 0.1.0, namespace: example}
config: {converter: json}
types:
  contact: {type: enum, oneOf: {mail: {type: string}, plate: {type: string, pii: plate}, none: {type: null}}}
  person: {type: object, properties: {contact: {type: contact}}}
topics:
  in: {schema: {value: {type: person}}, privacy: {pii: [plate], expires: 7d}}
  out: {schema: {value: {type: person}}}
services:
  s:
    sources: [{type: topic, id: in}]
    transforms: [STEP]
    sinks: [{type: topic, id: out}]
"""
CONTACT = Choice((("mail", TEXT), ("plate", TEXT), ("none", None)), "contact", (("plate", "plate"),))
PERSON = Record((Field("contact", CONTACT, False, "contact", "contact"),))


def planned(step: str = "", text: str = FLOW) -> Plan:
    file = read_flow(text.replace("STEP", step), "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins=BUILTINS)


def masked(value: Any, shape: Any = PERSON, **parameters: Any) -> Any:
    (answer,) = BUILTINS["mask"].prepare(shape, parameters, NoSecrets())([value])
    return answer


def test_a_tagged_variant_reaches_no_topic_that_may_not_hold_it() -> None:
    with pytest.raises(FileRefused, match=r"personal data \(plate\) can reach the topic `out`"):
        planned()
    (service,) = planned("{operator: map, uses: mask, with: {categories: [plate]}}").services
    assert service.sinks[0].tainted == frozenset()
    assert str(service.steps[0].takes) == str(service.steps[0].gives)


def test_a_variant_without_a_value_cannot_be_tagged() -> None:
    with pytest.raises(FileRefused, match="a variant without a value holds no personal data"):
        planned(text=FLOW.replace("none: {type: null}", "none: {type: null, pii: plate}"))


def test_what_a_tagged_variant_holds_is_hidden_and_the_others_stay() -> None:
    assert masked({"contact": {"plate": "AB 12"}}, categories=["plate"]) == {"contact": {"plate": "***"}}
    assert masked({"contact": {"mail": "AB 12"}}, categories=["plate"]) == {"contact": {"mail": "AB 12"}}
    assert masked({"contact": "none"}, categories=["plate"]) == {"contact": "none"}
    assert categories(BUILTINS["mask"].gives(PERSON, {"categories": ["plate"]})) == frozenset()
    assert categories(BUILTINS["mask-ssn"].gives(PERSON, {})) == {"plate"}
    assert BUILTINS["detect"].prepare(PERSON, {}, NoSecrets())([{"contact": {"plate": "AB 12"}}]) == [["plate"]]


def test_of_a_tagged_field_not_even_its_variant_is_told() -> None:
    shape = Record((Field("state", Choice((("well", None), ("ill", None))), True, "state", "state", "health"),))
    assert [masked({"state": each}, shape, categories=["health"])["state"] for each in ("well", "ill", None)] == [
        "well",
        "well",
        None,
    ]


def test_a_tagged_pair_keeps_neither_its_key_nor_its_value() -> None:
    shape = Record((Field("pair", Pair(TEXT, TEXT), False, "pair", "pair", "plate"),))
    assert masked({"pair": ("AB 12", None)}, shape, categories=["plate"]) == {"pair": ("***", None)}


def test_a_variant_is_not_dropped() -> None:
    with pytest.raises(ParametersRefused, match="names a variant of contact, and these stay: mask it instead"):
        BUILTINS["drop-field"].gives(PERSON, {"fields": ["$.contact.plate"]})
    assert BUILTINS["drop-field"].gives(PERSON, {"fields": ["$.contact"]}) == Record(())
