"""What the plan believes of keys, merges, masks and types: less than somebody hopes who wants personal data out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow.engines.protocol import Message
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.inline.running import Runner
from dataflow.packages.library import find_folders
from dataflow.planning.drawing import described
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.running.program import Program
from dataflow.store.functions import functions_for
from tests.dataflow.samples import write_package

FLOW = """\
apiVersion: 0.6.0
meta: {name: tried, version: 0.1.0, namespace: tests}
config: {converter: json}
types:
  one: {type: object, properties: {a: {type: string, pii: name}, b: {type: string}}}
  other: {type: object, properties: {a: {type: string}, b: {type: string, pii: name}}}
  bare: {type: object, properties: {a: {type: string}, b: {type: string}}}
  short: {type: object, properties: {b: {type: string}}}
  named: {type: key-value, properties: {key: {type: string}, value: {type: bare}}}
  pair: {type: key-value, properties: {key: {type: string}, value: {type: one}}}
topics:
  mid: {schema: {KEYvalue: {type: MID}}, privacy: {pii: [HOLDS], expires: 1d}}
  out: {schema: {TOvalue: {type: OUT}}}
services:
  try:
    sources: [{type: topic, id: mid}]
    transforms: [STEPS]
    sinks: [{type: topic, id: out}]
"""
PUT = """\
  put:
    sources: [{type: topic, id: given}]
    sinks: [{type: topic, id: mid}]
"""
GIVEN = "  given: {schema: {value: {type: one}}, privacy: {pii: [name], expires: 1d}}\n"
REACHES = "personal data ({0}) can reach the topic `out`"
PASS = '{operator: map, run: "def same(r): return r"}'


def flow(
    *steps: str, mid: str = "one", out: str = "bare", key: str = "", to: str = "", holds: str = "name, ssn"
) -> str:
    told = {"STEPS": ", ".join(steps), "MID": mid, "OUT": out, "KEY": key, "TO": to, "HOLDS": holds}
    text = FLOW
    for name, value in told.items():
        text = text.replace(name, value)
    return text if holds else text.replace(", privacy: {pii: [], expires: 1d}", "")


def planned(text: str, folder: Path = Path("/nowhere")) -> Plan:
    file = read_flow(text, "dataflow.yaml")
    return plan_flow(file, find=find_folders(folder, dev=file.dev), builtins=functions_for(None))


def refused(text: str, folder: Path = Path("/nowhere")) -> str:
    with pytest.raises(FileRefused) as caught:
        planned(text, folder)
    return str(caught.value)


def masks(parameters: str, name: str = "mask") -> str:
    return f"{{operator: map, uses: {name}, with: {{{parameters}}}}}"


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


TYPED = "key: {type: string}, "
DROP = masks("fields: [$.a], categories: [name, ssn]", "drop-field")


def test_the_key_of_a_topic_with_personal_data_does_not_leave_in_the_clear() -> None:
    clean = flow(PASS, DROP, key=TYPED)
    assert "without keys" in described(planned(clean))
    (sink,) = planned(clean).services[0].sinks
    assert (sink.tainted, sink.withholds_key, sink.key_tainted) == (frozenset(), True, {"name", "ssn"})
    assert REACHES.format("name, ssn") in refused(flow(PASS, DROP, key=TYPED, to=TYPED))
    assert not planned(flow(PASS, DROP, to=TYPED)).services[0].sinks[0].withholds_key, "it has no keys"


@pytest.mark.parametrize("converter", ["json", "raw"])
def test_a_key_that_is_withheld_is_in_no_output(converter: str, runner: Runner) -> None:
    record = b'{"a":"Ada","b":"x"}'
    if converter == "json":
        text = flow(PASS, DROP, key=TYPED, out="short")
    else:
        text = flow(masks("", "mask-ssn"), key=TYPED, mid="string", out="string", holds="ssn")
    program = Program(planned(text.replace("converter: json", f"converter: {converter}")).services[0], runner)
    (done,) = program.run("mid", [Message("1", b"Ada", record)])
    assert [each.key for each in done.outputs] == [None], done.failure


def test_a_key_that_is_assigned_behind_a_mask_is_as_clean_as_the_value() -> None:
    text = flow(PASS, DROP, key=TYPED, to=TYPED)
    behind = text.rindex("    sinks:")
    keyed = f"{text[:behind]}    partition: {{assign-key: {{run: \"def by_b(ARGS): return r['b']\"}}}}\n{text[behind:]}"
    assert planned(keyed.replace("ARGS", "r")).services[0].sinks[0].key_tainted == frozenset()
    assert REACHES.format("name, ssn") in refused(keyed.replace("ARGS", "key, r"))
    sees = flow(PASS, DROP, '{operator: map, run: "def put(key, r): return r"}', key=TYPED)
    assert REACHES.format("name, ssn") in refused(sees), "code that sees the key may put it into the record"


def test_sources_whose_tags_are_elsewhere_are_not_merged() -> None:
    two = flow(masks("categories: [name]"), holds="name")
    merged = two.replace(
        "sources: [{type: topic, id: mid}]", "sources: [{type: topic, id: mid}, {type: topic, id: more}]"
    )
    more = "  more: {{schema: {{value: {{type: {0}}}}}, privacy: {{pii: [name], expires: 1d}}}}\n  out:"
    assert planned(merged.replace("  out:", more.format("one"))).services[0].sinks[0].tainted == frozenset()
    assert "or their tags differ" in refused(merged.replace("  out:", more.format("other")))


def test_tags_do_not_move_on_the_way(tmp_path: Path) -> None:
    direct = flow(masks("categories: [name]"), holds="name").replace("  mid:", f"{GIVEN}  mid:") + PUT
    assert planned(direct).services[0].sinks[0].tainted == frozenset()
    swapped = direct.replace("mid: {schema: {value: {type: one}}", "mid: {schema: {value: {type: other}}")
    assert "`mid` has name in other fields than what comes here. Tag the same fields in both types." in refused(swapped)
    fields = "{a: {type: string}, b: {type: string, pii: name}}"
    package = (
        "apiVersion: 0.6.0\nmeta: {name: moving, version: 0.1.0, namespace: tests}\n"
        f"types: {{other: {{type: object, properties: {fields}}}}}\n"
        "functions: {move: {operator: map, inputs: [{name: r, type: other}], output: {type: other}}}\n"
    )
    write_package(tmp_path / "moving", package, move="def move(r):\n    return r\n")
    imports = "imports: [{pkg: tests/moving@0.1.0, path: moving, functions: [{name: move}]}]\n"
    moving = imports + flow("{operator: map, uses: move}", masks("categories: [name]"), holds="name")
    assert "`move` takes name in other fields than what comes here has it" in refused(moving, tmp_path)
    assert planned(
        imports + flow("{operator: map, uses: move}", masks("categories: [name]"), holds="name", mid="bare"), tmp_path
    )


RESOLVE = "field: $.b, purpose: integrity, category: CATEGORY"


@pytest.mark.parametrize("name", ["resolve", "open"])
@pytest.mark.parametrize(
    ("category", "says"),
    [
        ("''", "`category` is a text, and not an empty one"),
        ("' '", "`category` is a text, and not an empty one"),
        ("fone", "brings fone, which is no category that this flow or a detector knows"),
        ("any", "brings any, which is no category"),
        ("phone", REACHES.format("phone")),
    ],
)
def test_what_is_resolved_has_a_category_that_somebody_knows(name: str, category: str, says: str) -> None:
    step = masks(RESOLVE.replace("CATEGORY", category), name)
    public = flow(masks("categories: [name]"), step, holds="name")
    assert says in refused(public)
    tokens = masks("field: $.b, transformer: A, policy: B, category: phone", "tokenize")
    assert planned(public.replace(step, f"{masks(RESOLVE.replace('CATEGORY', 'phone'), name)}, {tokens}"))


@pytest.mark.parametrize(
    ("mid", "parameters", "left"),
    [
        ("one", "fields: [$.b]", "name, ssn"),
        ("one", "categories: [name]", "ssn"),
        ("bare", "categories: [ssn], fields: [$.b]", "name, ssn"),
        ("string", "categories: [ssn], keys: false", "name, ssn"),
        ("string", "categories: [name, ssn], fields: [$.a], keys: false", "name, ssn"),
        ("string", "fields: [$.b]", "name"),
    ],
)
def test_a_mask_is_believed_for_what_it_sees(mid: str, parameters: str, left: str) -> None:
    out = mid.replace("one", "bare")
    assert REACHES.format(left) in refused(flow(masks(parameters), mid=mid, out=out))


def test_a_mask_is_believed_for_tags_in_types_and_for_looks_and_fields_in_texts() -> None:
    assert planned(flow(masks("categories: [name], keys: false"), holds="name"))
    assert planned(flow(masks("categories: [name, ssn], fields: [$.a]"), mid="string", out="string"))


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ("fields: [$.a]", "name, ssn"),
        ("fields: []", "name, ssn"),
        ("categories: [ssn]", "name, ssn"),
        ("categories: [ssn, phone], fields: [$.a]", "name, ssn"),
        ("categories: [name, ssn], fields: [$.a]", "ssn"),
        ("categories: [ssn], fields: [$.a], keys: false", "name, ssn"),
    ],
)
def test_behind_code_a_mask_is_believed_for_the_one_category_of_its_fields(parameters: str, left: str) -> None:
    assert REACHES.format(left) in refused(flow(PASS, masks(parameters)))
    assert planned(flow(PASS, masks("categories: [name], fields: [$.a]"), masks("fields: [$.b]", "mask-ssn")))


def test_any_is_nothing_that_a_function_takes_out() -> None:
    for name in ("mask", "hash", "drop-field"):
        step = masks("categories: [any], fields: [$.a]", name)
        assert REACHES.format("any") in refused(flow(step, mid="string", out="string", holds="any"))
        assert planned(flow(step.replace("any", "name"), mid="string", out="string", holds="name"))
    token = masks("field: $.a, transformer: A, policy: B, category: any", "tokenize")
    assert REACHES.format("any") in refused(flow(token, mid="string", out="string", holds="any"))
    assert planned(
        flow("{operator: map, uses: detect}", mid="string", out="tags", holds="any").replace(
            "  pair:", "  tags: {type: list, items: {type: string}}\n  pair:"
        )
    )


def test_a_filter_passes_keys_with_their_values_on(runner: Runner) -> None:
    keeps = "{operator: filter, run: \"def keeps(r): return r[0] == 'k'\"}"
    text = flow(keeps, mid="named", out="named", holds="")
    (service,) = planned(text).services
    record = b'["k",{"a":"1","b":"2"}]'
    messages = [Message("1", None, record), Message("2", None, record.replace(b"k", b"l"))]
    kept, dropped = Program(service, runner).run("mid", messages)
    assert [each.value for each in kept.outputs] == [record], kept.failure
    assert (dropped.outputs, dropped.failure) == ((), "")
    pair = keeps.replace("def keeps(r)", "def keeps(r) -> tuple")
    assert "`keeps` is a filter and returns (anything, anything), not a bool" in refused(text.replace(keeps, pair))
