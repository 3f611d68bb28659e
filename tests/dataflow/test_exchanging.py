"""Texts at a place for others, in objects and in raw JSON, and what the plan believes of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from dataflow.functions.protocol import Failed, ParametersRefused
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.schemas.shapes import ANYTHING, TEXT
from dataflow.store.calls import Server
from dataflow.store.functions import functions_for
from dataflow.store.protocol import StoreAway
from dataflow.store.remote import RemoteStore

WITH = {"field": "$.phone", "transformer": "PhoneToID", "policy": "AllowAll", "category": "phone"}
ADA = uuid4()


class Cellar:
    """A store that keeps texts under numbers and knows one person."""

    def tokenize(self, data: Sequence[str], *, transformer: str, policy: str) -> list[str]:  # noqa: ARG002  the protocol's
        return [f"t{len(each)}" for each in data]

    def resolve(self, tokens: Sequence[str], *, purpose: str) -> list[str]:  # noqa: ARG002  the protocol's
        return ["" if each == "unknown" else f"of {each}" for each in tokens]

    def permitted(self, subjects: Collection[UUID], *, purpose: str) -> set[UUID]:  # noqa: ARG002  the protocol's
        return set(subjects) & {ADA}


FUNCTIONS = functions_for(Cellar(), purpose="integrity", subject="$.person")


def worked(name: str, *values: Any, shape: Any = TEXT, **parameters: Any) -> list[Any]:
    return FUNCTIONS[name].prepare(shape, parameters, None)(values)  # type: ignore[arg-type]  # it needs no key


def test_raw_json_keeps_every_other_character_and_every_text_at_the_place_is_exchanged() -> None:
    given = '{"phone": "12345",  "n": 1.0e5, "more": {"phone": "12345"}, "phone": "\\u0031"}'
    assert worked("tokenize", given, **WITH) == [
        '{"phone": "t5",  "n": 1.0e5, "more": {"phone": "12345"}, "phone": "t1"}'
    ]
    assert worked("tokenize", '{"phone": ["123", null, "1"]}', **WITH) == ['{"phone": ["t3", null, "t1"]}']


@pytest.mark.parametrize(
    "given",
    ["12345", '{"phone": 12345}', '{"phone": {"home": "12345"}}', '{"phone": [["1"], 2]}', '{"tel": "12345"}', "{}",
     '{"phone": "12345"', '{"phone": "\\ud800"}', '{"phone": null}'],
)  # fmt: skip
def test_a_raw_record_without_texts_at_the_place_fails_where_the_plan_counts_on_it(given: str) -> None:
    (told,) = worked("tokenize", given, **WITH)
    assert isinstance(told, Failed)
    assert "12345" not in told.why


def test_without_a_category_what_is_missing_may_be_missing() -> None:
    parameters = {key: each for key, each in WITH.items() if key != "category"}
    assert worked("tokenize", '{"tel": "1"}', **parameters) == ['{"tel": "1"}']
    assert worked("tokenize", {"tel": "1"}, shape=ANYTHING, **parameters) == [{"tel": "1"}]
    (told,) = worked("tokenize", {"tel": "1"}, shape=ANYTHING, **WITH)
    assert isinstance(told, Failed)


def test_tokens_of_raw_json_are_resolved_and_people_found_in_it() -> None:
    ask = {"field": "$.t", "purpose": "integrity", "category": "phone"}
    found = worked("resolve", '{"t":"x"}', '{"t":"unknown"}', **ask)
    assert found[0] == '{"t":"of x"}' and isinstance(found[1], Failed)
    records = [json.dumps({"person": str(each)}) for each in (ADA, uuid4())]
    twice = f'{{"person": "{ADA}", "person": "{uuid4()}"}}'
    told = worked("require-consent", *records, "no json", twice)
    assert told[:2] == [True, False]
    assert all(isinstance(each, Failed) for each in told[2:]), "who is meant is not sure"


FLOW = """
apiVersion: 0.6.0
meta: {name: calls, version: 0.1.0, namespace: tests}
config: {converter: json}
types:
  call: {type: object, properties: {phone: {type: string, pii: phone}, other: {type: string, pii: phone}}}
  one: {type: object, properties: {phone: {type: string, pii: phone}}}
  clean: {type: object, properties: {phone: {type: string}}}
topics:
  in: {schema: {value: {type: GIVEN}}, PRIVACY}
  out: {schema: {value: {type: GIVES}}}
services:
  s:
    sources: [{type: topic, id: in}]
    transforms: [{operator: map, uses: STEP}]
    sinks: [{type: topic, id: out}]
"""
TOKENIZE = "tokenize, with: {field: $.phone, transformer: A, policy: B, category: phone}"


def planned(given: str, gives: str, step: str, privacy: str = "privacy: {pii: [phone], expires: 1d}") -> Plan:
    text = (
        FLOW.replace("GIVEN", given).replace("GIVES", gives).replace("STEP", step).replace(", PRIVACY", f", {privacy}")
    )
    file = read_flow(text, "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins=FUNCTIONS)


def test_a_token_has_no_tag_and_another_field_keeps_its_own() -> None:
    assert planned("one", "clean", TOKENIZE).services[0].steps[0].tainted == frozenset()
    with pytest.raises(FileRefused, match="phone"):
        planned("call", "call", TOKENIZE)
    with pytest.raises(FileRefused, match="no such field"):
        planned("one", "clean", TOKENIZE.replace("$.phone", "$.tel"))


def test_what_a_token_stands_for_is_personal_data_also_in_texts() -> None:
    resolve = "resolve, with: {field: $.phone, purpose: integrity, category: phone}"
    for shape in ("clean", "string"):
        with pytest.raises(FileRefused, match="phone"):
            planned(shape, shape, resolve, "name: in")
    with pytest.raises(FileRefused, match="category"):
        planned("clean", "clean", resolve.replace(", category: phone", ""), "name: in")


@pytest.mark.parametrize("answer", [[], {}, {"user_ids": None}, {"ids": []}, "x"])
def test_a_strange_answer_to_a_question_for_consent_holds_the_batch_back(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "ask", lambda *_: answer)
    with pytest.raises(StoreAway):
        RemoteStore(Server("https://store.example", "x", "x")).permitted({ADA}, purpose="integrity")


def test_a_category_is_a_text() -> None:
    with pytest.raises(ParametersRefused):
        FUNCTIONS["tokenize"].removes({**WITH, "category": ["phone"]})
