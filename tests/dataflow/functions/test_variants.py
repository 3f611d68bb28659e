"""Personal data in variants of an enum: tagged, followed by the planner, hidden by masks, never dropped halfway."""

from __future__ import annotations

import re
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
from dataflow.schemas.shapes import TEXT, Choice, Field, Pair, Primitive, Record, categories

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


def test_of_a_tagged_field_every_variant_with_a_value_becomes_the_same_one() -> None:
    load = Record((Field("tons", Primitive("f32"), False, "tons", "tons"), Field("of", TEXT, False, "of", "of")))
    shape = Record((Field("faith", Choice((("a", load), ("b", TEXT))), False, "faith", "faith", "religion"),))
    values = [{"faith": {"a": {"tons": 2.5, "of": "x"}}}, {"faith": {"b": "x"}}]
    told = [masked(each, shape, categories=["religion"]) for each in values]
    assert told == [{"faith": {"a": {"tons": 0.0, "of": "***"}}}] * 2
    only = Record((Field("faith", Choice((("b", TEXT),)), False, "faith", "faith", "religion"),))
    assert masked({"faith": {"b": "x"}}, only, categories=["religion"]) == {"faith": {"b": "***"}}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("types:\n", "types:\n  ssn: {type: string, pii: ssn}\n", "types.ssn.pii: a type has no category of personal"),
        ("types:\n", "types:\n  ssn: {type: string, nonsense: 1}\n", "types.ssn.nonsense: `nonsense` is unknown here"),
        ("STEP", "{operator: map, uses: mask, with: {bogus: 1}}", "`mask`: there is no parameter `bogus`"),
        ("STEP", "{operator: map, uses: mask, with: {1: 2}}", "parameters are a mapping of names to values"),
    ],
)
def test_what_nobody_would_follow_is_refused_where_it_stands(old: str, new: str, says: str) -> None:
    with pytest.raises(FileRefused, match=re.escape(says)) as refused:
        planned(text=FLOW.replace(old, new))
    assert all(each.place.line for each in refused.value.faults)


def test_a_tagged_pair_keeps_neither_its_key_nor_its_value() -> None:
    shape = Record((Field("pair", Pair(TEXT, TEXT), False, "pair", "pair", "plate"),))
    assert masked({"pair": ("AB 12", None)}, shape, categories=["plate"]) == {"pair": ("***", None)}


def test_a_variant_is_not_dropped() -> None:
    with pytest.raises(ParametersRefused, match="names a variant of contact, and these stay: mask it instead"):
        BUILTINS["drop-field"].gives(PERSON, {"fields": ["$.contact.plate"]})
    assert BUILTINS["drop-field"].gives(PERSON, {"fields": ["$.contact"]}) == Record(())
