"""One run: seed once, then each part in turn."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from django.db import connections

from benchmarks.bars import Report
from benchmarks.bulk import measure_bulk
from benchmarks.seeding import COLUMNS, SUBJECTS, seed

MEASURES = {"bulk": measure_bulk}


def run(parts: Sequence[str]) -> bool:
    """Measure the parts and say whether every bar holds."""
    started, report = perf_counter(), Report()
    store = seed()
    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")
    connections["owner"].close()
    report.note("seeded", f"{SUBJECTS} subjects x {len(COLUMNS)} values in {perf_counter() - started:.1f} s")
    for part in parts:
        if part in MEASURES:
            MEASURES[part](store, report)
    return report.holds
