"""Files that would be endless to read are refused before anything of them recurses, with what to do."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from dataflow.grammar.composing import DEEPEST, MOST_NODES
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.grammar.reading import open_file
from dataflow.grammar.values import LONGEST_NUMBER, value_of
from dataflow.hub.content import read_content
from tests.dataflow.published import FILES
from tests.dataflow.samples import SEED

TOO_DEEP = f"there are more than {DEEPEST} levels of nesting. Give what lies that deep a name of its own."


def fault(text: str) -> str:
    with pytest.raises(FileRefused) as refused:
        open_file(text, "f")
    return str(refused.value.faults[0])


@pytest.mark.parametrize(
    ("begins", "place"), [("[", "f:1:50"), ("- ", "f:1:99"), ("{a: ", "f:1:194"), ("? ", "f:1:99")]
)
def test_nesting_without_end_is_refused_where_it_is_too_deep(begins: str, place: str) -> None:
    assert fault(begins * 150_000) == f"{place}: {TOO_DEEP}"


def test_files_of_the_hub_that_are_nested_without_end_are_refused() -> None:
    with pytest.raises(FileRefused, match="levels of nesting"):
        read_content({"dataflow.yaml": "[" * 200_000})
    with pytest.raises(FileRefused, match="levels of nesting"):
        read_content({**FILES, "sdf-package.yaml": FILES["sdf-package.yaml"] + "x-more: " + "[" * 200_000})


def test_what_is_nested_as_deep_as_it_may_be_is_read() -> None:
    within = DEEPEST - 1
    assert open_file("a: " + "[" * within + "]" * within, "f").is_list("a")
    assert TOO_DEEP in fault("a: " + "[" * DEEPEST + "x" + "]" * DEEPEST)


def test_values_without_end_are_refused_before_they_are_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"a: [{'1,' * MOST_NODES}]"
    monkeypatch.setattr(yaml, "compose", lambda *_, **__: pytest.fail("it is composed"))
    assert fault(text) == f"f:1:{4 + 2 * (MOST_NODES - 3) + 1}: there are more than 50,000 values. Put some of it " + (
        "into a package of its own."
    )


def test_aliases_that_multiply_within_few_lines_are_refused() -> None:
    lines = ["x0: &x0 [1,1,1,1,1,1,1,1,1]"]
    lines += [f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "there are more than 50,000 values" in fault("\n".join(lines))
    assert TOO_DEEP in fault("a: &a [*a]")


def test_a_file_is_a_mapping_with_few_directives() -> None:
    many = "".join(f"%TAG !a{number}! tag:example.org,2000:\n" for number in range(9)) + "---\na: 1\n"
    assert fault(many) == "f:1:1: more than 8 lines begin with `%`. Take them out."
    assert "a" in open_file("%YAML 1.1\n---\na: 1\n", "f")


def test_half_of_a_surrogate_pair_is_refused_with_its_line() -> None:
    assert fault("a: 1\nb: \ud800\n") == "f:2:1: this is no text: half of a surrogate pair. Take the sign out."


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("1" + ":1" * 100, f"a number has more than {LONGEST_NUMBER} characters"),
        ("!!float 1" + ":1" * 100, f"a number has more than {LONGEST_NUMBER} characters"),
        ("0xfffffffffffffffff", "a whole number has more than 64 bits"),
        (".inf", "a number is infinite or none"),
        ("{1: a}", "a key is no text"),
        ("2024-01-31", "a day, or another that JSON has no form for"),
        ("!!bool often", "a day that is none, an unknown tag, or one that does not fit"),
        ("!!timestamp often", "a day that is none, an unknown tag, or one that does not fit"),
        ("!!int ''", "a day that is none, an unknown tag, or one that does not fit"),
    ],
)
def test_values_that_are_none_are_refused_and_told(told: str, says: str) -> None:
    section = open_file(f"a: {told}", "f")
    assert section.plain("a") is None
    assert [str(each) for each in section.faults.found] == [
        f'f:1:4: a: this is no value: {says}. Write it in quotes, as in "2024-01-31", where it is a text.'
    ]


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("1:30:00", 5400),
        ("{a: [1, 2.5, x, true, ~]}", {"a": [1, 2.5, "x", True, None]}),
        ("18446744073709551615", 2**64 - 1),
        (f"'{'1:1:' * 1_000}'", "1:1:" * 1_000),
    ],
)
def test_values_are_what_json_has_a_form_for(told: str, value: Any) -> None:
    node = yaml.compose(told, Loader=yaml.CSafeLoader)
    assert node is not None
    assert value_of(node) == value


def test_no_more_is_told_than_somebody_reads() -> None:
    with pytest.raises(FileRefused) as refused:
        read_flow(SEED + "".join(f"more-{number}: 1\n" for number in range(5_000)), "f")
    assert len(refused.value.faults) == 200
    assert "`more-0` is unknown here" in str(refused.value)


def test_messages_hold_no_name_without_end() -> None:
    line = SEED.count("\n") + 1
    assert fault_of_flow(f"{'n' * 301}: 1\n") == f"f:{line}:1: a key has more than 300 characters"
    assert len(fault_of_flow(f"{'n' * 300}: 1\n")) < 700


def fault_of_flow(more: str) -> str:
    with pytest.raises(FileRefused) as refused:
        read_flow(SEED + more, "f")
    (found,) = refused.value.faults
    return str(found)
