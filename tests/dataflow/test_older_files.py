"""Forms that public dataflow files have, each in a file of our own: what is older, and what few files use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.grammar.packagefile import read_package
from dataflow.inline.running import Runner
from tests.dataflow.test_planning import planned, refused
from tests.dataflow.test_program import outputs, run

FLOW = """\
apiVersion: 0.4.0
meta: {name: older, version: 0.1.0, namespace: tests}
config: {converter: json, default_starting_offset: {value: 3, position: Beginning}}
TYPES
topics:
  in: {schema: {value: {type: GIVEN}}}
  out: {schema: {value: {type: TAKEN}}}
services:
  s:
    sources: [{type: topic, id: in}]
    transforms: [STEP]
    sinks: [{type: topic, id: out}]
IMPORTS
"""
PACKAGE = """\
apiVersion: 0.4.0
meta: {name: words, version: 0.1.0, namespace: tests}
functions:
  split:
    operator: OPERATOR
    inputs: [{name: text, type: string}]
    output: OUTPUT
CODE
"""
CODE = """\
    run: |
      def split(text: str):
          return SPLIT
"""
IMPORTS = "imports: [{pkg: tests/words@0.1.0, path: words, functions: [{name: split}]}]"
STATES = """\
apiVersion: 0.4.0
meta: {name: states, version: 0.1.0, namespace: tests}
topics:
  in: {schema: {value: {type: string}}}
  out: {schema: {value: {type: string}}}
services:
  count:
    sources: [{type: topic, id: in}]
    states: [{name: words, type: keyed-state, properties: {key: {type: string}, value: {type: u32}}}]
    partition:
      assign-key: {run: "def key(text): return text"}
      transforms:
        - {operator: map, run: "def same(text): return text"}
        - {operator: update-state, run: "def add(text): pass"}
  look:
    sources: [{type: topic, id: in, steps: [{operator: filter, run: "def short(text): return True"}]}]
    states: [{from: count.words}]
    steps: [{operator: map, run: "def same(text): return text"}]
    sinks: [{type: topic, id: out, steps: [{operator: filter, run: "def long(text): return True"}]}]
"""
CHOICES = """\
types:
  part:
    type: enum
    TAGGING
    oneOf:
      nothing: {type: null}
      text: {type: object, type_name: text, properties: {text: {type: string, pii: name}}}
      number: {type: u32}
  kind:
    type: enum
    oneOf:
      paid: {type: null, deserialize: {rename: invoice.paid}, serialize: {rename: Paid}}
      sent: {type: string, deserialize: {rename: invoice.sent}}
  parts: {type: list, items: {type: part}}
  kinds: {type: list, items: {type: kind}}
"""


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def flow(step: str = "", *, types: str = "", given: str = "string", taken: str = "string", imports: str = "") -> str:
    told = {"STEP": step, "TYPES": types, "GIVEN": given, "TAKEN": taken, "IMPORTS": imports}
    text = FLOW
    for name, value in told.items():
        text = text.replace(name, value)
    return text


def package(folder: Path, operator: str, output: str, returns: str) -> None:
    (folder / "words").mkdir()
    text = PACKAGE.replace("OPERATOR", operator).replace("OUTPUT", output)
    (folder / "words" / "sdf-package.yaml").write_text(text.replace("CODE", CODE.replace("SPLIT", returns)))


def test_where_reading_begins_may_stand_without_consumer() -> None:
    file = read_flow(flow(), "dataflow.yaml")
    assert (file.config.consumer.position, file.config.consumer.value) == ("beginning", 3)


def test_states_may_be_a_list_and_the_change_of_one_the_last_of_the_transforms() -> None:
    services = read_flow(STATES, "dataflow.yaml").services
    assert [(each.name, each.origin) for name in ("count", "look") for each in services[name].states] == [
        ("words", ""),
        ("words", "count.words"),
    ]
    partition = services["count"].partition
    assert partition is not None
    assert partition.update_state is not None
    assert [each.operator for each in partition.transforms] == ["map"]
    look = services["look"]
    assert [len(each) for each in (look.sources[0].transforms, look.transforms, look.sinks[0].transforms)] == [1, 1, 1]
    with pytest.raises(FileRefused, match="`update-state` stands once, behind all others"):
        read_flow(STATES.replace("operator: map, run", "operator: update-state, run", 1), "dataflow.yaml")


@pytest.mark.parametrize(
    ("output", "taken"),
    [
        ("{type: string}", "string"),
        ("{type: string, list: true}", "string"),
        ("{type: list, items: {type: string}}", "string"),
        ("{type: u32}", "u32"),
    ],
)
def test_a_flat_map_names_its_list_or_what_is_in_it(tmp_path: Path, runner: Runner, output: str, taken: str) -> None:
    package(tmp_path, "flat-map", output, "text.split()" if taken == "string" else "[len(text)]")
    text = flow("{operator: flat-map, uses: split}", taken=taken, imports=IMPORTS)
    (done,) = run(planned(text, tmp_path), runner, b'"a b"')
    assert outputs(done) == ([b'"a"', b'"b"'] if taken == "string" else [b"3"])


def test_a_filter_map_may_say_that_it_answers_with_nothing(tmp_path: Path, runner: Runner) -> None:
    package(tmp_path, "filter-map", "{type: string, optional: true}", "text or None")
    text = flow("{operator: filter-map, uses: split}", imports=IMPORTS)
    found = run(planned(text, tmp_path), runner, b'"a"', b'""')
    assert [outputs(each) for each in found] == [[b'"a"'], []]
    with pytest.raises(FileRefused, match="only a filter-map answers with nothing"):
        text = PACKAGE.replace("OPERATOR", "map").replace("OUTPUT", "{type: u8, optional: true}").replace("CODE", "")
        read_package(text, "sdf-package.yaml")


def test_rust_in_a_package_is_read_and_refused_by_name(tmp_path: Path) -> None:
    package(tmp_path, "map", "{type: string}", "x")
    file = tmp_path / "words" / "sdf-package.yaml"
    file.write_text(file.read_text().replace("def split(text: str):", "fn split(text: String) {").replace("return", ""))
    text = flow("{operator: map, uses: split, with: {by: x}}", imports=IMPORTS)
    assert "the function `split` is written in Rust" in refused(text, tmp_path)


@pytest.mark.parametrize(
    ("tagging", "record", "expected"),
    [
        ("", '["nothing",{"text":{"text":"Ada"}},{"number":7}]', b'["nothing",{"text":{"text":"***"}},{"number":7}]'),
        ("tagging: untagged", '[null,{"text":"Ada"},7]', b'[null,{"text":"***"},7]'),
    ],
)
def test_a_variant_is_named_or_known_by_its_look(
    tmp_path: Path, runner: Runner, tagging: str, record: str, expected: bytes
) -> None:
    types = CHOICES.replace("TAGGING", tagging)
    step = "{operator: map, uses: mask, with: {categories: [name]}}"
    plan = planned(flow(step, types=types, given="parts", taken="parts"), tmp_path)
    found = run(plan, runner, record.encode(), b'["else"]')
    assert outputs(found[0]) == [expected]
    assert found[1].failure == "in: $[0] is none of nothing, text, number"
    assert "personal data (name) can reach" in refused(flow(types=types, given="parts", taken="parts"), tmp_path)


def test_variants_have_other_names_outside(tmp_path: Path, runner: Runner) -> None:
    step = (
        '{operator: map, run: \'def same(kinds): return [*kinds, str(kinds == ["paid", {"sent": "x"}]) and "paid"]\'}'
    )
    plan = planned(flow(step, types=CHOICES.replace("TAGGING", ""), given="kinds", taken="kinds"), tmp_path)
    found = run(plan, runner, b'["invoice.paid",{"invoice.sent":"x"}]', b'["paid"]')
    assert outputs(found[0]) == [b'["Paid",{"sent":"x"},"Paid"]']
    assert found[1].failure == "in: $[0] is none of invoice.paid, invoice.sent"
