"""A body may be gone with its month and nothing else: an entry that says so excuses no more than retention does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.verify.checkpoints import Keys
from audit.verify.dating import rfc3339
from audit.verify.demands import Demands
from audit.verify.exports import ALL, Header, checkpoint_line, end_line, leaf_line, tile_line
from audit.verify.reports import Report, Verdict
from audit.verify.tiles import Edge
from audit.verify.tree import leaf_hash
from audit.verify.verifying import verify
from tests.audit.books import KEYS, LOG_KEY, body_at, noted

SYSTEM = "00000000-0000-0000-0000-000000000000"
DAYS = [datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(days=day) for day in range(0, 300, 3)]
"""When entries are written, ten or so a month; a witness sees each a second later."""
MONTHS = {month: [index for index, day in enumerate(DAYS) if day.month == month] for month in range(1, 11)}

Book = list[tuple[bytes, datetime]]


def written(body: bytes, at: datetime) -> bytes:
    return body[:-1] + f',"written_at":"{rfc3339(at)}"}}'.encode()


def plain(days: Sequence[datetime] = DAYS) -> Book:
    return [(written(body_at(day, number), day), day) for number, day in enumerate(days)]


def dropping(first: int, last: int, at: datetime = DAYS[-1], **other: Any) -> tuple[bytes, datetime]:
    """Return the entry that says that the bodies of some places went."""
    told = {"month": "2026-02-01", "entries": last - first + 1, "outcome": "done", "environment": SYSTEM, **other}
    body = body_at(at, 99_999, environment=told["environment"])
    facts = f'"entries":{told["entries"]},"first":{first},"last":{last},"month":"{told["month"]}"'
    body = body.replace(b'"facts":{"count":99999}', f'"facts":{{{facts}}}'.encode())
    body = body.replace(b"example.other", b"audit.month_dropped").replace(b'"done"', f'"{told["outcome"]}"'.encode())
    body = body.replace(b'"id":null,"kind":"system"', other.get("actor", b'"id":null,"kind":"system"'))
    return written(body, other.get("written", at)), at


def lines_of(book: Book, gone: Sequence[int], *, unwitnessed: int = 0) -> list[bytes]:
    edge, lines = Edge(), [Header(LOG_KEY.name, ALL, 0).line()]
    for index, (body, at) in enumerate(book):
        tiles = edge.append(leaf_hash(body))
        lines.append(leaf_line(index, leaf_hash(body), None if index in gone else body))
        cosigners = {"cosigners": ()} if index >= len(book) - unwitnessed else {}
        lines += map(tile_line, tiles)
        lines.append(checkpoint_line(noted(edge, LOG_KEY, at + timedelta(seconds=1), **cosigners)))
    return [*lines, end_line(len(book))]


def found(book: Book, gone: Sequence[int], *, keys: Keys = KEYS, **demands: Any) -> Report:
    return verify(lines_of(book, gone), keys=keys, demands=Demands(**demands))


def bad(report: Report) -> tuple[str, int]:
    assert report.verdict is Verdict.BROKEN and report.first_bad is not None, report.as_text()
    return report.first_bad.kind, report.first_bad.index


FEBRUARY = MONTHS[2]
FIRST, LAST = FEBRUARY[0], FEBRUARY[-1]


@pytest.mark.parametrize("keys", [KEYS, Keys(LOG_KEY.verifier)], ids=["witnessed", "unwitnessed"])
def test_bodies_that_went_with_their_month_are_not_missed(keys: Keys) -> None:
    report = found([*plain(), dropping(FIRST, LAST)], FEBRUARY, keys=keys)
    assert report.verdict is Verdict.WHOLE, report.as_text()
    assert report.dropped == [f"2026-02: {len(FEBRUARY)} entries"]
    assert (report.withheld, found(plain(), []).dropped) == (len(FEBRUARY), [])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_months_that_follow_each_other_may_all_be_gone(count: int) -> None:
    book, gone = plain(), []
    for month in range(1, count + 1):
        here = MONTHS[month]
        book.append(dropping(here[0], here[-1], month=f"2026-0{month}-01"))
        gone += here
    report = found(book, gone)
    assert report.verdict is Verdict.WHOLE, report.as_text()


FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "an operator says so": ({"actor": b'"id":"6d0c6f2e-9a39-4f9e-8f61-0d5be1f6c002","kind":"operator"'}, ""),
    "somebody in an environment says so": ({"environment": "6d0c6f2e-9a39-4f9e-8f61-0d5be1f6a001"}, ""),
    "it did not go after all": ({"outcome": "failed"}, ""),
    "the month is the one before": ({"month": "2026-01-01"}, ""),
    "the month is a later one": ({"month": "2026-03-01"}, ""),
    "the month is none": ({"month": "2026-02-30"}, ""),
    "the month had fewer entries": ({"entries": len(FEBRUARY) - 1}, ""),
    "the month had none": ({"entries": 0}, ""),
    "retention keeps the month": ({"at": datetime(2026, 3, 31, 23, tzinfo=UTC)}, ""),
    "it was written before it says it was": ({"written": datetime(2026, 3, 31, 23, tzinfo=UTC)}, ""),
    "it says it was written after witnesses saw it": ({}, "early"),
}


@pytest.mark.parametrize("what", FORGED)
def test_an_entry_that_cannot_be_right_excuses_nothing(what: str) -> None:
    other, when = FORGED[what]
    days = DAYS if "at" not in other and not when else [day for day in DAYS if day.month < 4]
    entry = dropping(FIRST, LAST, **other)
    if when == "early":
        entry = (entry[0], days[-1])
    report = found([*plain(days), entry], FEBRUARY)
    assert bad(report) == ("missing body", FIRST), report.as_text()


def test_retention_that_the_auditor_knows_of_counts() -> None:
    book = [*plain(), dropping(FIRST, LAST)]
    assert found(book, FEBRUARY, keep_months=7).verdict is Verdict.WHOLE
    assert bad(found(book, FEBRUARY, keep_months=8)) == ("missing body", FIRST)


@pytest.mark.parametrize("keys", [KEYS, Keys(LOG_KEY.verifier)], ids=["witnessed", "unwitnessed"])
def test_recent_bodies_are_not_excused_as_those_of_an_old_month(keys: Keys) -> None:
    recent = MONTHS[9]
    book = [*plain(), dropping(recent[0], recent[-1], month="2026-02-01")]
    assert bad(found(book, recent, keys=keys)) == ("missing body", recent[0])
    stretched = [*FEBRUARY, *MONTHS[3]]
    report = found([*plain(), dropping(stretched[0], stretched[-1])], stretched)
    # Between the last time in February and the first in March, nothing tells of which month an entry was.
    assert bad(report) == ("missing body", MONTHS[3][1])


@settings(max_examples=20)
@given(st.integers(0, len(DAYS) - 1), st.integers(0, 20), st.integers(1, 10))
def test_a_single_body_is_never_excused_whatever_month_is_named(index: int, width: int, month: int) -> None:
    """A month goes as a whole or not at all."""
    gone = [at for at in range(index, min(index + width + 1, len(DAYS))) if at in MONTHS[month]][:-1] or [index]
    book = [*plain(), dropping(gone[0], gone[-1], at=DAYS[-1] + timedelta(days=60), month=f"2026-{month:02}-01")]
    assert bad(found(book, gone)) == ("missing body", gone[0])


def test_a_range_in_a_dropped_month_excuses_nothing_beyond_it() -> None:
    more = [*FEBRUARY, LAST + 3, LAST + 40]
    report = found([*plain(), dropping(FIRST, LAST)], more)
    assert [each.index for each in report.findings] == [LAST + 3, LAST + 40]
    behind = [*plain(DAYS[:50]), dropping(FIRST, 60), *plain(DAYS[50:])]
    assert bad(found(behind, [*FEBRUARY, 55])) == ("missing body", FIRST), "it speaks of entries that are yet to come"


def test_who_was_killed_between_saying_and_dropping_says_it_again_and_it_counts_once() -> None:
    again = [*plain(), dropping(FIRST, LAST), dropping(FIRST, LAST, at=DAYS[-1] + timedelta(days=1))]
    assert found(again, []).verdict is Verdict.WHOLE, "it went nowhere yet"
    assert found(again, FEBRUARY).verdict is Verdict.WHOLE
    twice = [dropping(FIRST, LAST, entries=len(FEBRUARY) // 2), dropping(FIRST, LAST, entries=len(FEBRUARY) // 2)]
    assert bad(found([*plain(), *twice], FEBRUARY)) == ("missing body", FIRST)
    failed = [dropping(FIRST, LAST), dropping(FIRST, LAST, outcome="failed"), dropping(FIRST, LAST)]
    assert found([*plain(), *failed], FEBRUARY).verdict is Verdict.WHOLE, "it was kept once, and went later"


def test_entries_of_two_months_may_have_got_their_places_among_each_other() -> None:
    """A slow transaction of January was over after fast ones of February: places overlap at the border."""
    days = list(DAYS)
    border, midnight = MONTHS[2][0], datetime(2026, 2, 1, tzinfo=UTC)
    for step, at in enumerate((midnight + timedelta(minutes=1), midnight - timedelta(minutes=1))):
        days.insert(border + step, at)
    # Witnesses see the tree as it grows, so no earlier than the latest entry in it.
    book = [(written(body_at(day, number), day), max(days[: number + 1])) for number, day in enumerate(days)]
    january = [index for index, day in enumerate(days) if day.month == 1]
    february = [index for index, day in enumerate(days) if day.month == 2]
    assert january[-1] > february[0]
    drops = [
        dropping(here[0], here[-1], month=f"2026-0{month}-01", entries=len(here))
        for month, here in ((1, january), (2, february))
    ]
    assert found([*book, *drops], january + february).verdict is Verdict.WHOLE
    assert found([*book, drops[0]], january).verdict is Verdict.WHOLE
    assert bad(found([*book, drops[1]], january + february)) == ("missing body", january[0])


def test_what_no_witness_has_seen_explains_nothing_yet() -> None:
    book = [*plain(), dropping(FIRST, LAST)]
    report = verify(lines_of(book, FEBRUARY, unwitnessed=1), keys=KEYS)
    assert report.verdict is Verdict.UNKNOWN and "no witness yet" in report.troubles[0], report.as_text()
    assert bad(verify(lines_of(book, [*FEBRUARY, 50], unwitnessed=1), keys=KEYS)) == ("missing body", 50)


def test_a_gap_of_many_pieces_stays_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verify.pruning.MOST_GAPS", 3)
    gone = list(range(0, 40, 2))
    report = found([*plain(), dropping(0, 40, entries=41)], gone)
    assert bad(report)[0] == "missing body"
    assert sum(each.until - each.index for each in report.findings) >= len(gone)


@pytest.mark.parametrize(
    "facts", ['"entries":"3","first":0,"last":2,"month":"2026-02-01"', '"first":null', "", '"first":[]']
)
def test_no_garbage_disturbs_it(facts: str) -> None:
    body, at = dropping(FIRST, LAST)
    start = body.index(b'"facts":{') + len(b'"facts":{')
    end = body.index(b"}", start)
    entry = (body[:start] + facts.encode() + body[end:], at)
    assert bad(found([*plain(), entry], FEBRUARY)) == ("missing body", FIRST)
