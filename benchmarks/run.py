"""One run: seed once, then each part in turn."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from django.db import connections

from benchmarks.bars import Report
from benchmarks.book import measure_book
from benchmarks.bulk import measure_bulk
from benchmarks.calls import measure_calls
from benchmarks.filters import measure_filters
from benchmarks.flows import measure_flows
from benchmarks.flows_redis import measure_streams
from benchmarks.graph import measure_graph
from benchmarks.importing import measure_importing
from benchmarks.lag import measure_lag
from benchmarks.numbers import measure_numbers
from benchmarks.peers import measure_peers, measure_stream
from benchmarks.rotation import measure_rotation
from benchmarks.scripts import measure_scripts
from benchmarks.sealing import measure_sealing
from benchmarks.seeding import COLUMNS, SUBJECTS, seed
from benchmarks.stopping import measure_stopping
from benchmarks.values import measure_policies, measure_values
from config.collector import settle

MEASURES = {
    "values": measure_values,
    "policies": measure_policies,
    "scripts": measure_scripts,
    "bulk": measure_bulk,
    "peers": measure_peers,
    "stream": measure_stream,
    "calls": measure_calls,
    "sealing": measure_sealing,
    "graph": measure_graph,
    "importing": measure_importing,
    "rotation": measure_rotation,
    "stopping": measure_stopping,
    "book": measure_book,
    "lag": measure_lag,
    "numbers": measure_numbers,
    "filters": measure_filters,
    "flows": measure_flows,
    "streams": measure_streams,
}


def run(parts: Sequence[str]) -> bool:
    """Measure the parts and say whether every bar holds."""
    started, report = perf_counter(), Report()
    store = seed()
    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")
    connections["owner"].close()
    report.note("seeded", f"{SUBJECTS} subjects x {len(COLUMNS)} values in {perf_counter() - started:.1f} s")
    settle()  # as the web process does once it is loaded
    for part in parts:
        if part in MEASURES:
            MEASURES[part](store, report)
    return report.holds
