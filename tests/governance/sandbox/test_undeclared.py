"""Names that are assigned without a declaration: variables of one candidate in transformers, errors in policies."""

from __future__ import annotations

import pytest

from governance.policies.sandbox import ScriptFault, check_script, run_transform
from governance.policies.sandbox.helper.undeclared import assigned_names

from .conftest import judged, script


def transformed(source: str, *values: str) -> list[object]:
    return list(run_transform(script(source, function="transform"), list(values), {}))


def test_a_transformer_may_assign_what_it_has_not_declared() -> None:
    source = (
        "function transform(data, params) {\n  found = /^(\\d{3})-(\\d{4})$/.exec(data);\n"
        "  if (found) { return 'XXX-' + found[2]; }\n  return '?';\n}"
    )
    check_script(source, function="transform")
    assert transformed(source, "555-0101", "none") == ["XXX-0101", "?"]


def test_nothing_is_left_for_the_next_candidate() -> None:
    source = "function transform(data, params) { let was = typeof kept; kept = data; return was; }"
    assert transformed(source, "one", "two") == ["undefined", "undefined"]


def test_a_declared_name_keeps_its_own_meaning() -> None:
    source = "const step = 2; let at = 1;\nfunction transform(data, params) { at = at + step; return String(at); }"
    assert transformed(source, "x", "y") == ["3", "3"]


def test_what_is_built_in_can_be_neither_replaced_nor_hidden() -> None:
    for body in ("Math = { abs: () => 1 }; return String(Math.abs(-2))", "JSON = 1; return 'x'", "undefined = 1"):
        (answer,) = transformed(f"function transform(data, params) {{ {body} }}", "x")
        assert isinstance(answer, ScriptFault)


def test_a_fault_still_tells_its_own_line() -> None:
    (answer,) = transformed("function transform(data, params) {\n  seen = data;\n  throw new Error('x');\n}", "x")
    assert answer == ScriptFault("error", 3)


def test_a_policy_that_does_so_refuses() -> None:
    for body in (
        "blocked = context.client.blocked; return !blocked;",
        "if (context.x) { blocked = true; } return !blocked;",
    ):
        (answer,) = judged(body, {"client": {}})
        assert isinstance(answer, ScriptFault)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a = 1; b=2; c == 3; d => 4; e === 5; f >= 6; g != 7", ("a", "b")),
        ("x.y = 1; this.z = 2; w?.v == 3; Math = 4; let = 5", ()),
        ("const q = 1; for (r = 0; r < 2; r++) {}", ("q", "r")),
        ("getSecret = 1; mine = 2", ("mine",)),
    ],
    ids=["operators", "members", "declared", "hosts"],
)
def test_the_names_are_those_before_an_assignment(source: str, found: tuple[str, ...]) -> None:
    assert assigned_names(source, taken=("getSecret",)) == found
