"""A flow has no more services, topics, operators and pieces of code than are planned and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflow.functions.fields import read_fields
from dataflow.functions.protocol import ParametersRefused
from dataflow.grammar.faults import MOST_TOLD, Fault, Place
from dataflow.planning.bounds import APART, MOST_CODE, MOST_SERVICES, MOST_STEPS, MOST_TOPICS, named
from tests.dataflow.published import CARDS
from tests.dataflow.test_planning import planned, refused

MASK = "{operator: map, uses: mask-ssn}"


def with_steps(*steps: str) -> str:
    return CARDS.replace(f"[{MASK}]", f"[{', '.join(steps)}]")


def code(number: int) -> str:
    return f'{{operator: map, run: "def f(t: str) -> str: return t + str({number})"}}'


def told(count: int, what: str, most: int) -> str:
    return f"a flow has at most {most:,} {what}, and here are {count:,}. {APART}"


def services(count: int) -> str:
    head, body = CARDS.split("  cleaning:\n")
    return head + "".join(f"  s{number}:\n{body}" for number in range(count))


def topics(count: int) -> str:
    more = "".join(f"  t{number}: {{schema: {{value: {{type: string}}}}}}\n" for number in range(count - 2))
    return CARDS.replace("topics:\n", f"topics:\n{more}")


@pytest.mark.parametrize(
    ("text", "count", "what", "most"),
    [
        (services(MOST_SERVICES + 1), MOST_SERVICES + 1, "services", MOST_SERVICES),
        (topics(MOST_TOPICS + 1), MOST_TOPICS + 1, "topics", MOST_TOPICS),
        (with_steps(*[MASK] * (MOST_STEPS + 1)), MOST_STEPS + 1, "operators", MOST_STEPS),
        (with_steps(*map(code, range(MOST_CODE + 1))), MOST_CODE + 1, "pieces of code", MOST_CODE),
    ],
    ids=["services", "topics", "operators", "code"],
)
def test_a_flow_beyond_bounds_is_refused_whole(tmp_path: Path, text: str, count: int, what: str, most: int) -> None:
    said = refused(text, tmp_path)
    assert said.count("\n") == 0
    assert told(count, what, most) in said
    assert said.split(": ")[0].count(":") == 2


@pytest.mark.parametrize(
    "text",
    [
        services(MOST_SERVICES),
        topics(MOST_TOPICS),
        with_steps(*[MASK] * MOST_STEPS),
        with_steps(*[code(number % MOST_CODE) for number in range(MOST_CODE + 20)]),
    ],
    ids=["services", "topics", "operators", "code"],
)
def test_a_flow_within_bounds_is_planned(tmp_path: Path, text: str) -> None:
    assert planned(text, tmp_path).services


def test_a_window_counts_with_all_that_is_within_it(tmp_path: Path) -> None:
    window = """\
    window:
      tumbling: {duration: 30s}
      assign-timestamp: {run: "def at(t): return 1"}
      transforms: [STEPS]
      partition:
        assign-key: {run: "def key(t): return t"}
        transforms: [STEPS]
        update-state: {run: "def count(t): return None"}
      flush: {run: "def out(t): return t"}
"""
    text = CARDS.replace("    sinks:", window.replace("STEPS", ", ".join([MASK] * (MOST_STEPS // 2))) + "    sinks:")
    assert told(MOST_STEPS + 5, "operators", MOST_STEPS) in refused(text, tmp_path)


def wide(*steps: str, fields: int) -> str:
    """Return a flow whose operators take objects of that many fields, squared."""

    def declared(name: str, of: str) -> str:
        told = ", ".join(f"f{number}: {{type: {of}}}" for number in range(fields))
        return f"  {name}: {{type: object, properties: {{{told}}}}}\n"

    types = "types:\n" + declared("outer", "inner") + declared("inner", "string")
    return with_steps(*steps).replace("topics:", f"{types}topics:").replace("raw", "json").replace(
        "{value: {type: string}}", "{value: {type: outer}}"
    )  # fmt: skip


def test_operators_on_large_types_are_planned_up_to_a_bound(tmp_path: Path) -> None:
    mask = "{operator: map, uses: mask, with: {fields: [$.f1, $.f2]}}"
    assert planned(wide(mask, mask, fields=50), tmp_path).services
    said = refused(wide(*[mask] * 400, fields=50), tmp_path)
    assert said.endswith(f"the types that come to them, are too many to plan. {APART}")
    assert said.count("\n") == 0


def test_messages_list_some_of_many_names(tmp_path: Path) -> None:
    assert named(["a", "b"]) == "a, b"
    assert named([str(number) for number in range(25)]).endswith("18, 19 and 5 more")
    text = topics(900).replace("sinks: [", "sinks: [" + "{type: topic, id: nowhere}, " * 500)
    said = refused(text, tmp_path)
    assert said.count("\n") == MOST_TOLD - 1
    assert len(said) < 100_000
    assert "and 880 more." in said


def test_a_fault_repeats_nothing_without_end() -> None:
    told = str(Fault(Place("f"), "w" * 5_000, "s" * 5_000, "r" * 5_000))
    assert told == f"f:1:1: {'w' * 1_000}...: {'s' * 1_000}.... {'r' * 1_000}..."


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (["$" + "..a" * 400], "has more than 1,000 characters"),
        (["$" + "..a" * 40], "leads through more than 32 keys"),
        (["$.a"] * 1_001, "names 1,001 places, and at most 1,000 are looked for"),
    ],
)
def test_places_without_end_are_refused(told: list[str], says: str) -> None:
    with pytest.raises(ParametersRefused, match=says):
        read_fields(told)
    assert read_fields(["$" + "..a" * 32] * 10)


@pytest.mark.parametrize(
    ("place", "path", "is_covered"),
    [
        ("$.a", ("a",), True),
        ("$.a", ("a", "b"), True),
        ("$.a", ("b", "a"), False),
        ("$.a.b", ("a",), False),
        ("$..a", ("b", "a", "c"), True),
        ("$..a.b", ("a", "c", "a", "b"), True),
        ("$..a.b", ("a", "c", "b"), False),
        ("$..a..b", ("a", "c", "b"), True),
        ("$" + "..a" * 20 + ".b", ("a",) * 60, False),
        ("$" + "..a" * 20 + ".b", (*("a",) * 60, "b"), True),
    ],
)
def test_a_place_is_found_however_often_its_keys_repeat(place: str, path: tuple[str, ...], *, is_covered: bool) -> None:
    """With each key that fits two steps the ways double: gone one by one, the last two would have no end."""
    assert read_fields([place]).covers(path) is is_covered
