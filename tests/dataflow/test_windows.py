"""Windows are planned, though they do not run: what comes out of one is what its code makes, not what goes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dataflow.test_planning import planned, refused

FLOW = """\
apiVersion: 0.5.0
meta: {name: colors, version: 0.1.0, namespace: tests}
config: {converter: json}
types:
  car: {type: object, properties: {color: {type: string}, plate: {type: string, pii: plate}}}
  count: {type: object, properties: {color: {type: string}, count: {type: u32}}}
topics:
  cars: {schema: {value: {type: car}}, privacy: {pii: [plate], expires: 1d}}
  counts: {schema: {value: {type: count}}PRIVACY}
services:
  count:
    sources: [{type: topic, id: cars}]
    states: {colors: {type: keyed-state, properties: {key: {type: i32}, value: {type: u32}}}}
    window:
      tumbling: {duration: 30s}
      assign-timestamp: {run: "STAMP"}
      partition:
        assign-key: {run: "def key(car): return car"}
        update-state: {UPDATE}
      flush: {run: "def all(): return []"}
    sinks: [{type: topic, id: counts}]
"""


PRIVACY = ", privacy: {pii: [plate], expires: 1d}"


def flow(
    stamp: str = "def at(car, time): return time", update: str = 'run: "def add(car): pass"', privacy: str = PRIVACY
) -> str:
    return FLOW.replace("STAMP", stamp).replace("UPDATE", update).replace("PRIVACY", privacy)


def test_a_window_is_planned_and_said_not_to_run(tmp_path: Path) -> None:
    plan = planned(flow(), tmp_path)
    assert [each.says for each in plan.not_yet] == ["windows are not run yet"]


def test_what_came_in_may_come_out(tmp_path: Path) -> None:
    assert "personal data (plate) can reach the topic `counts`" in refused(flow(privacy=""), tmp_path)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"stamp": "fn at(car: Car, time: i64) -> Result<i64> { Ok(time) }"}, "the function `at` is written in Rust"),
        ({"update": "uses: add-color"}, "there is no function `add-color`"),
    ],
)
def test_functions_of_a_window_are_looked_for(tmp_path: Path, wrong: dict[str, str], says: str) -> None:
    assert says in refused(flow(**wrong), tmp_path)
