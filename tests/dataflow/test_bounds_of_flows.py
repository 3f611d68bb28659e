"""A flow has no more services, topics, operators and pieces of code than are planned and run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflow.planning.bounds import APART, MOST_CODE, MOST_SERVICES, MOST_STEPS, MOST_TOPICS
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
