"""Types and places that let personal data pass under another name, and functions that take nothing out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataflow.functions.fields import MISSING
from dataflow.functions.protocol import Failed, NoSecrets
from dataflow.functions.registry import BUILTINS
from dataflow.schemas.shapes import ANYTHING, TEXT
from tests.dataflow.samples import write_package
from tests.dataflow.test_taint import FLOW, REACHES, flow, masks, planned, refused

TYPES = FLOW[FLOW.index("  one:") : FLOW.index("topics:")]
MIXED = "`{0}` outside can be read as a field with a tag and as one without it. Tag both alike, or rename one of them."


def typed(type_: str) -> str:
    types = f"  one: {type_}\n  bare: {{type: object, properties: {{}}}}\n"
    return flow(masks("categories: [name]"), out="one", holds="name").replace(TYPES, types)


@pytest.mark.parametrize(
    ("mixed", "fine", "name"),
    [
        ("a: {NAME, deserialize: {rename: x}}, b: {TEXT, deserialize: {rename: x}}", "rename: x}}, b", "x"),
        ("a: {NAME, serialize: {rename: x}}, b: {TEXT, deserialize: {rename: x}}", "rename: x}}, b", "x"),
        ("a: {NAME, serialize: {rename: b}}, b: {TEXT}", "rename: b}}, b", "b"),
    ],
)
@pytest.mark.parametrize("kind", ["type: object, properties", "type: enum, oneOf"])
def test_a_tagged_field_is_not_read_again_as_one_without_a_tag(mixed: str, fine: str, name: str, kind: str) -> None:
    text = mixed.replace("NAME", "type: string, pii: name").replace("TEXT", "type: string")
    assert MIXED.format(name) in refused(typed(f"{{{kind}: {{{text}}}}}"))
    apart = text.replace(fine, fine.replace("rename: ", "rename: other-"))
    assert planned(typed(f"{{{kind}: {{{apart}}}}}"))


def test_variants_that_no_name_tells_apart_have_the_same_tags() -> None:
    choice = "{type: enum, tagging: untagged, oneOf: {a: {type: OTHER}, b: {type: string, pii: name}}}"
    assert MIXED.format("one of several variants") in refused(typed(choice.replace("OTHER", "string")))
    assert planned(typed(choice.replace("OTHER", "u32")))
    assert planned(typed(choice.replace("OTHER", "string").replace("tagging: untagged, ", "")))
    inner = "{type: object, properties: {n: {type: string TAG}}}"
    objects = f"{{type: enum, tagging: untagged, oneOf: {{a: {inner}, b: {inner.replace('TAG', ', pii: name')}}}}}"
    assert MIXED.format("n") in refused(typed(objects.replace("TAG", "")))
    assert planned(typed(objects.replace("TAG", ", pii: name")))


def test_who_assigns_a_key_takes_nothing_out_of_the_record(tmp_path: Path) -> None:
    package = (
        "apiVersion: 0.6.0\nmeta: {name: keys, version: 0.1.0, namespace: tests}\n"
        "functions: {by: {operator: OPERATOR, inputs: [{name: r, type: string}], output: {type: string},"
        " removes: [ssn]}}\n"
    )
    imports = "imports: [{pkg: tests/keys@0.1.0, path: OPERATOR, functions: [{name: by}]}]\n"
    for operator in ("assign-key", "map"):
        write_package(tmp_path / operator, package.replace("OPERATOR", operator), by="def by(r):\n    return 'x'\n")
    mapping = flow("{operator: map, uses: by}", mid="string", out="string", holds="ssn")
    assert planned(imports.replace("OPERATOR", "map") + mapping, tmp_path)
    assigning = mapping.replace("transforms: [{operator: map, uses: by}]", "partition: {assign-key: {uses: by}}")
    assigning = imports.replace("OPERATOR", "assign-key") + assigning
    assert REACHES.format("ssn") in refused(assigning, tmp_path)
    allowed = assigning.replace("  out: {", "  out: {privacy: {pii: [ssn], expires: 1d}, ")
    assert [step.tainted for step in planned(allowed, tmp_path).services[0].steps] == [{"ssn"}]


@pytest.mark.parametrize("name", ["mask", "drop-field"])
@pytest.mark.parametrize("shape", [TEXT, ANYTHING])
def test_where_the_plan_counts_on_fields_a_record_without_them_fails(name: str, shape: Any) -> None:
    def done(parameters: dict[str, Any]) -> list[Any]:
        values = ['{"a":"Ada"}', '{"b":"Ada"}'] if shape == TEXT else [{"a": "Ada"}, {"b": "Ada"}]
        return BUILTINS[name].prepare(shape, parameters, NoSecrets())(values)

    there, elsewhere = done({"fields": ["$.a"], "categories": ["name"]})
    assert not isinstance(there, Failed) and "Ada" not in str(there)
    assert elsewhere == Failed(MISSING)
    asks_no_more = {"fields": ["$.a"]}
    assert not any(isinstance(each, Failed) for each in done(asks_no_more)), "nobody counts on it"
