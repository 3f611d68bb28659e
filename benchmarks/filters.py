"""Each filter of the book's pages over a million entries: the first page, and one in the middle."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

from audit.actions.rollups import roll_up
from audit.queries import entries
from benchmarks.bars import Report
from benchmarks.filling import PEOPLE, Days, fill_days
from benchmarks.seeding import Store

ROUNDS, PAGE = 5, 51
BAR = 300
"""Milliseconds."""


def measure_filters(store: Store, report: Report) -> None:
    """Measure the slowest of what each filter is asked for: what is found often, rarely, and not at all."""
    filled = fill_days(store.caller.environment_id)
    while roll_up(filled.environment_id, now=filled.end):
        pass
    for name, cases in _asked(filled).items():
        found = {case: _milliseconds(filled, wanted) for case, wanted in cases.items()}
        slowest = max(found, key=lambda case: found[case])
        detail = ", ".join(f"{case} {took:.0f}" for case, took in found.items())
        report.bar(f"the book's pages by {name}", found[slowest], "<=", BAR, "ms", detail)


def _milliseconds(filled: Days, wanted: dict[str, Any]) -> float:
    took = []
    for _ in range(ROUNDS):
        started = perf_counter()
        entries(environment_id=filled.environment_id, limit=PAGE, **wanted)
        took.append((perf_counter() - started) * 1000)
    return median(took)


def _asked(filled: Days) -> dict[str, dict[str, dict[str, Any]]]:
    (newest,) = entries(environment_id=filled.environment_id, kinds=["accessor.executed"], limit=1)
    middle = filled.begin + (filled.end - filled.begin) / 2
    (there,) = entries(environment_id=filled.environment_id, until=middle, limit=1)
    person = entries(environment_id=filled.environment_id, until=middle, limit=1)[0].facts["subjects"][0]
    accessor, purpose = str(newest.facts["accessor"]), newest.facts["purposes"][0]
    nobody = "0" * 32
    return {
        "nothing": {"newest": {}, "older": {"after": there.cursor}},
        "kind": {
            "often": {"kinds": ["accessor.executed"]},
            "rare": {"kinds": ["operator.signed_in"], "after": there.cursor},
            "never": {"kinds": ["no.such"]},
        },
        "actor": {"somebody": {"actor_id": there.actor.id}, "nobody": {"actor_id": filled.environment_id}},
        "subject": {f"one of {PEOPLE:,}": {"subject": person}, "nobody": {"subject": nobody}},
        "accessor": {
            "often": {"accessor": accessor},
            "never": {"accessor": str(filled.environment_id)},
            "never in an hour": {
                "accessor": str(filled.environment_id),
                "since": middle,
                "until": middle + timedelta(hours=1),
            },
        },
        "purpose": {
            "often": {"purpose": purpose},
            "never": {"purpose": "none"},
            "rare": {"purpose": purpose, "actor_id": there.actor.id},
        },
        "outcome": {"refused": {"outcome": "refused"}, "failed": {"outcome": "failed"}, "done": {"outcome": "done"}},
        "time range": {"an hour": {"since": middle, "until": middle + timedelta(hours=1)}},
        "decision": {"one": {"decision_id": there.decision_id}},
        "request": {"one": {"request_id": there.request_id}, "none": {"request_id": "none"}},
        "several": {
            "kind, actor, outcome": {
                "kinds": ["accessor.executed"],
                "actor_id": there.actor.id,
                "outcome": "refused",
            },
            "subject, kind": {"subject": person, "kinds": ["operator.signed_in"]},
        },
    }
