"""What scripts are given and what comes back."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.policies.sandbox import Script, ScriptFault, run_policy, run_transform

from .conftest import ENVIRONMENT, OTHER_ENVIRONMENT, judged, policy, script

ADULT = policy("return context.user.age >= params.minimum")
texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé\u2028\0", max_size=3), inner, max_size=4),
    max_leaves=12,
)


def transformed(source: str, *values: object, params: dict[str, object] | None = None) -> list[str | ScriptFault]:
    return run_transform(script(source, function="transform"), values, params or {})


def test_each_candidate_gets_its_own_verdict_in_order() -> None:
    ages = [17, 18, 60, 3]
    contexts = [{"user": {"age": age}} for age in ages]
    assert run_policy(ADULT, contexts, {"minimum": 18}) == [False, True, True, False]


def test_nobody_is_judged_where_there_is_no_candidate() -> None:
    assert run_policy(ADULT, [], {}) == []


def test_a_candidate_that_breaks_the_script_is_a_fault_and_the_others_are_judged() -> None:
    contexts = [{"user": {"age": 20}}, {}, {"user": {"age": 1}}]
    assert run_policy(ADULT, contexts, {"minimum": 18}) == [True, ScriptFault("error", 2), False]


@pytest.mark.parametrize(
    "answer",
    [
        "1",
        "'true'",
        "{}",
        "[]",
        "new Boolean(true)",
        "undefined",
        "null",
        "new Proxy({}, {})",
        "() => true",
        "1n",
        "({ toJSON() { for (;;); } })",
        "({ valueOf() { return true } })",
        "Symbol()",
        "(function* () {})()",
    ],
)
def test_only_the_boolean_true_admits(answer: str) -> None:
    assert judged(f"return {answer}") == [ScriptFault("result")]


def test_a_fault_tells_a_line_of_the_script_and_no_word_of_the_data() -> None:
    (fault,) = judged("const x = 1;\nthrow new Error('secret ' + context.user)", {"user": "+49 151 5550100"})
    assert fault == ScriptFault("error", 3)
    assert "5550100" not in repr(fault)


@pytest.mark.parametrize(
    "thrown", ["'text'", "4111", "{ stack: '<input>:4111:1' }", "new Proxy(new Error('x'), {})", "Symbol()", "() => 1"]
)
def test_what_is_thrown_cannot_pass_for_a_line(thrown: str) -> None:
    assert judged(f"throw {thrown}") == [ScriptFault("error")]


def test_an_error_inside_what_the_harness_gives_is_at_the_line_that_used_it() -> None:
    padding = "\n" * 200
    assert judged(f"{padding}return new Date().getTime() > 0{padding}") == [ScriptFault("error", 202)]


def test_a_script_cannot_write_its_own_stack() -> None:
    body = "const e = new Error('x'); try { e.stack = 'at x (<input>:2:1)'; } catch (x) {}\n\nthrow e"
    assert judged(body)[0] in (ScriptFault("error", 2), ScriptFault("error", None))


def test_a_read_only_mapping_is_given_like_any_other() -> None:
    context = MappingProxyType({"user": MappingProxyType({"age": 30})})
    assert run_policy(ADULT, [context], MappingProxyType({"minimum": 18})) == [True]


def test_a_base_is_every_candidates_and_cannot_stand_in_for_its_profile() -> None:
    base = {"server": {"minimum": 18}, "user": {"age": 99}}
    asking = policy("return context.user.age >= context.server.minimum")
    assert run_policy(asking, [{"age": 17}, {"age": 18}, {}], {}, base=base) == [False, True, False]
    same = policy("return JSON.stringify(context) === params.expected")
    expected = {"expected": '{"server":{"minimum":18},"user":{"age":1}}'}
    assert run_policy(same, [{"age": 1}, {"age": 2}], expected, base=base) == [True, False]


def test_each_call_has_its_own_parameters() -> None:
    asked = [({"age": 20}, {"minimum": minimum}) for minimum in (18, 18, 21, 18, 21)]
    assert [run_policy(ADULT, [{"user": u}], params) for u, params in asked] == [
        [True],
        [True],
        [False],
        [True],
        [False],
    ]


def test_each_call_has_its_own_base_however_often_it_was_the_same() -> None:
    asking = policy("return context.user.age >= context.server.minimum")
    minimums = (18, 18, 21, 18, 21, 21)
    bases = [{"server": {"minimum": minimum}} for minimum in minimums]
    answers = [run_policy(asking, [{"age": 20}], {}, base=base) for base in bases]
    assert answers == [[minimum == 18] for minimum in minimums]
    assert run_policy(asking, [{"user": {"age": 20}, "server": {"minimum": 21}}], {}) == [False]


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize("depth", [1, 100, 200, 240])
def test_a_caller_cannot_end_a_call_by_the_depth_of_its_context(depth: int) -> None:
    assert run_policy(ADULT, [{"age": 30}], {"minimum": 18}, base={"client": nested(depth)}) == [True]


@pytest.mark.parametrize("client", [nested(300), {"text": "x" * 40_000}, {"text": "\ud800"}, {"text": object()}])
def test_a_base_that_cannot_be_given_is_a_fault_of_every_candidate(client: dict[str, Any]) -> None:
    profiles = [{"age": 30}, {"age": 1}]
    assert run_policy(ADULT, profiles, {"minimum": 18}, base={"client": client}) == [ScriptFault("value")] * 2


def test_many_profiles_go_in_several_messages_with_the_base_in_each() -> None:
    profiles = [{"age": age % 40, "filler": "x" * 1_000} for age in range(2_000)]
    asking = policy("return context.user.age >= context.server.minimum")
    base = {"server": {"minimum": 18, "filler": "y" * 20_000}}
    assert run_policy(asking, profiles, {}, base=base) == [age % 40 >= 18 for age in range(2_000)]


def test_a_profile_larger_than_the_bound_is_not_given_to_the_script() -> None:
    profiles: list[dict[str, Any]] = [{"age": 30}, {"age": 30, "filler": "x" * 1_040_000}]
    base = {"client": {"filler": "y" * 20_000}}
    assert run_policy(ADULT, profiles, {"minimum": 18}, base=base) == [True, ScriptFault("value")]


def test_a_candidate_that_is_no_json_is_a_fault_of_its_own() -> None:
    contexts: list[dict[str, Any]] = [
        {"user": {"age": 30}},
        {"user": object()},
        {"user": {"name": "\ud800"}},
        {"user": {"age": 1}},
    ]
    assert run_policy(ADULT, contexts, {"minimum": 18}) == [True, ScriptFault("value"), ScriptFault("value"), False]


def test_parameters_that_are_no_json_raise_before_anything_runs() -> None:
    with pytest.raises(TypeError):
        run_policy(ADULT, [{}], {"minimum": object()})


def test_many_candidates_go_in_several_messages_and_come_back_in_order() -> None:
    filler = "x" * 1_000
    contexts = [{"user": {"age": age % 40}, "filler": filler} for age in range(2_000)]
    assert run_policy(ADULT, contexts, {"minimum": 18}) == [age % 40 >= 18 for age in range(2_000)]


def test_a_candidate_larger_than_the_bound_is_not_given_to_the_script() -> None:
    contexts: list[dict[str, Any]] = [{"user": {"age": 30}}, {"user": {"age": 30}, "filler": "x" * 1_100_000}]
    assert run_policy(ADULT, contexts, {"minimum": 18}) == [True, ScriptFault("value")]


def test_the_same_text_under_the_same_key_is_two_scripts_in_two_environments() -> None:
    here, there = (
        Script(environment_id=one, key="same", source="function policy() { return true }", function="policy")
        for one in (ENVIRONMENT, OTHER_ENVIRONMENT)
    )
    assert here.digest != there.digest
    assert run_policy(here, [{}], {}) == run_policy(there, [{}], {}) == [True]


def test_a_changed_text_under_a_used_key_is_never_answered_by_the_old_one() -> None:
    old, new = (
        Script(environment_id=ENVIRONMENT, key="reused", source=f"const policy = () => {verdict}", function="policy")
        for verdict in ("true", "false")
    )
    assert [run_policy(old, [{}], {}), run_policy(new, [{}], {})] == [[True], [False]]


def test_a_script_does_not_show_its_text() -> None:
    assert "return true" not in repr(script("function policy() { return true }"))


@settings(max_examples=60, deadline=None)
@given(st.lists(json_values, min_size=1, max_size=4))
def test_every_json_value_arrives_as_it_was_sent(values: list[object]) -> None:
    same = policy("return JSON.stringify(context.one) === JSON.stringify(params.all[context.at])")
    contexts = [{"one": value, "at": at} for at, value in enumerate(values)]
    assert run_policy(same, contexts, {"all": values}) == [True] * len(values)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=5))
def test_text_passes_through_a_transform_unchanged(values: list[str]) -> None:
    plain = ["." + value for value in values]
    assert transformed("function transform(data) { return data }", *plain) == plain


@pytest.mark.parametrize(
    ("given_value", "seen"),
    [
        ('{"a":1}', "object"),
        (" [1, 2]", "object"),
        ('"a"', "string"),
        ("12", "string"),
        ("{a", "string"),
        ("", "string"),
        ("null", "string"),
        (None, "object"),
        (12, "number"),
        (True, "boolean"),
        ([1], "object"),
    ],
)
def test_only_objects_and_arrays_are_read_as_json(given_value: object, seen: str) -> None:
    assert transformed("function transform(data) { return typeof data }", given_value) == [seen]


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("null", ""),
        ("undefined", ""),
        ("12.50", "12.5"),
        ("true", "true"),
        ("12345678901234567890n", "12345678901234567890"),
        ("'é\\0\u2028'", "é\0\u2028"),
        ("{ a: [1, null] }", '{"a":[1,null]}'),
        ("['x']", '["x"]'),
        ("'\\ud800'", "\ufffd"),
        ("({ toJSON() { return undefined } })", ""),
        ("new Date(0)", '"1970-01-01T00:00:00.000Z"'),
    ],
)
def test_results_are_text(result: str, text: str) -> None:
    assert transformed(f"function transform(data) {{ return {result} }}", "x") == [text]


def test_a_function_is_no_result_because_its_text_is_the_scripts() -> None:
    assert transformed("function transform(data) { return transform }", "x") == [ScriptFault("result")]


def test_a_transform_that_throws_for_one_value_gives_the_others() -> None:
    source = "function transform(data, params) { if (data === 'b') null.x; return data + params.suffix }"
    assert transformed(source, "a", "b", "c", params={"suffix": "!"}) == ["a!", ScriptFault("error", 1), "c!"]
