"""The book by the hour: what an increment costs, and a night's analysis of a filled."""

from __future__ import annotations

import resource
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
from django.db import connection, connections

from audit.actions.analysing import close_days
from audit.actions.rollups import roll_up
from audit.models import AnalysisCursor, HourlyCount, RollUpCursor
from audit.queries import AUDITOR
from audit.rollups.counting import tree_size
from audit.rollups.totals import totals
from benchmarks.bars import Report
from benchmarks.filling import DAYS, ENTRIES, MONTH, Days, fill_days
from benchmarks.seeding import Store
from keyring.walls import in_environment

ROUNDS = 9


def measure_numbers(store: Store, report: Report) -> None:
    """An hour's increment of 10 million a month; counting, baselines and closing a day of however many there are."""
    begun = perf_counter()
    filled = fill_days(store.caller.environment_id)
    report.note("filled", f"{filled.size:,} entries of {DAYS} days in {perf_counter() - begun:.0f} s")
    _increments(filled, report)
    _night(filled, report)


def _increments(filled: Days, report: Report) -> None:
    """Count as many places as 10 million entries a month have in an hour, from hours in the middle of the filled."""
    hourly = MONTH // (30 * 24)
    middle = filled.first + filled.size // 3
    found = [_seconds(filled, middle + number * hourly, hourly) * 1000 for number in range(ROUNDS)]
    shortly = [_seconds(filled, filled.first + number * 500, hourly // 120) * 1000 for number in range(ROUNDS)]
    detail = f"{hourly // 120} entries, which the clock has counted at once"
    report.bar("counting what half a minute of that brings", median(shortly), "<=", 50, "ms", detail)
    report.bar(
        "counting an hour's entries of 10 million a month in one go",
        median(found),
        "<=",
        50,
        "ms",
        f"{hourly:,} entries",
        known_because="An accessor and its purposes stand in bodies alone, and whoever may read these may not write "
        "counts: so it goes through two connections. The clock counts every half minute, which is measured above.",
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("truncate audit_hourlycount")
    connections["owner"].close()


def _seconds(filled: Days, place: int, most: int) -> float:
    _count_from(filled, place)
    started = perf_counter()
    if roll_up(filled.environment_id, now=filled.end, most=most) != most:
        raise RuntimeError("there is too little to count")
    return perf_counter() - started


def _count_from(filled: Days, place: int) -> None:
    with in_environment(filled.environment_id):
        RollUpCursor.objects.update_or_create(environment_id=filled.environment_id, defaults={"index": place})


def _night(filled: Days, report: Report) -> None:
    started = perf_counter()
    _count_from(filled, filled.first)
    while roll_up(filled.environment_id, now=filled.end):
        pass
    counted = perf_counter() - started
    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze audit_hourlycount")
    connections["owner"].close()
    with in_environment(filled.environment_id):
        report.note("counts", f"{HourlyCount.objects.count():,} rows, made in {counted:.0f} s")
    started = perf_counter()
    whose = {"environment_id": filled.environment_id, "since": filled.begin, "until": filled.end}
    days = totals("actor", "day", **whose)
    baselines = perf_counter() - started
    report.note("baselines of everybody by day", f"{baselines:.1f} s: {len(days):,}")
    started = perf_counter()
    with in_environment(filled.environment_id):
        last = (filled.end - timedelta(days=2)).date()
        place = {"index": tree_size(), "closed_until": last}
        AnalysisCursor.objects.update_or_create(environment_id=filled.environment_id, defaults=place)
    close_days(filled.environment_id, now=filled.end)
    closing = perf_counter() - started
    report.note("the rules over the last day as a whole", f"{closing:.1f} s: {filled.size // DAYS:,} entries")
    detail = f"baselines and the day's rules over {ENTRIES:,} entries"
    report.bar("a night's analysis", baselines + closing, "<=", 60, "s", detail)
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    detail = f"{mine:,.0f} of this process, {_server_megabytes():,.0f} of its two servers, shared memory aside"
    report.bar("memory of it", mine + _server_megabytes(), "<=", 1024, "MB", detail)


def _server_megabytes() -> float:
    """Return the memory of their own that the servers' processes of this one's connections have (proc(5), RssAnon)."""
    told = 0.0
    for each in (connection, connections[AUDITOR]):
        each.ensure_connection()
        driver: psycopg.Connection = each.connection
        status = Path(f"/proc/{driver.info.backend_pid}/status").read_text()
        told += next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("RssAnon"))
    return told
