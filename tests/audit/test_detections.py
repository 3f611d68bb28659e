"""Rules keep what their own cases say, and one without cases is not loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.analysis.accesses import Access
from audit.analysis.cases import DAY, MONDAY, access, looks, person
from audit.analysis.detections import DETECTIONS, honey, unexplained
from audit.analysis.engine import BROKEN, Engine, days_of
from audit.analysis.facts import Expectation, Facts, Job, Staff, Ticket
from audit.analysis.loading import fires, loaded
from audit.analysis.risk import HALF_LIFE, faded, most_urgent, risk_of_actors
from audit.analysis.rule import Alert, Case, Context, Detection, Seen, Signal, alert_id
from audit.errors import DetectionRefused

PLANTED = [(detection, case) for detection in DETECTIONS for case in detection.tests]


@pytest.mark.parametrize(("detection", "case"), PLANTED, ids=lambda each: getattr(each, "id", None) or each.name)
def test_a_rule_finds_what_was_planted_and_nothing_else(detection: Detection, case: Case) -> None:
    assert fires(detection, case) is case.fires


def test_all_rules_are_loaded_each_with_an_id_of_its_own() -> None:
    assert len(loaded(DETECTIONS)) >= 16
    with pytest.raises(DetectionRefused, match="same id"):
        loaded([honey.DETECTION, honey.DETECTION])


_TRUE, _FALSE = honey.DETECTION.tests[0], honey.DETECTION.tests[1]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"tests": ()}, "a case in which it fires"),
        ({"tests": (_TRUE,)}, "a case in which it fires"),
        ({"tests": (_FALSE,)}, "a case in which it fires"),
        ({"tests": (replace(_TRUE, fires=False), replace(_FALSE, fires=True))}, "fires over"),
        ({"needs": ("surname",)}, "needs"),
        ({"needs": ()}, "needs"),
        ({"threshold": 0}, "at least 1"),
        ({"runbook": ""}, "runbook"),
        ({"rule": None}, "one of the two"),
        ({"batch": unexplained.batch}, "one of the two"),
    ],
    ids=[
        "without cases", "only true", "only false", "a lie", "unknown field", "no field", "no threshold", "no runbook",
        "no rule", "both kinds",
    ],
)  # fmt: skip
def test_a_rule_that_does_not_keep_what_it_says_is_refused(changed: dict[str, object], says: str) -> None:
    with pytest.raises(DetectionRefused, match=says):
        loaded([replace(honey.DETECTION, **changed)])  # type: ignore[arg-type]  # each case names a field of its type


def _fails(seen: Seen, ctx: Context) -> Iterator[Signal]:
    raise ValueError("a person's name")


def test_a_rule_that_fails_is_told_at_once_without_what_it_said_and_stops_no_other() -> None:
    broken = replace(honey.DETECTION, id="D99", rule=_fails, operations=frozenset(), threshold=9)
    engine = Engine([broken, honey.DETECTION], facts=Facts(honey=frozenset({person(1)})))
    engine.see(access(subjects=(person(1),)))
    found = {each.rule: each for each in engine.raised()}
    assert found.keys() == {BROKEN, "D33"}
    assert found[BROKEN].why == {"rule": "D99", "error": "ValueError"}
    with pytest.raises(DetectionRefused, match="ValueError"):
        loaded([broken])


def test_a_threshold_counts_signals_of_one_key_in_one_window() -> None:
    patient = replace(honey.DETECTION, threshold=3)
    engine = Engine([patient], facts=Facts(honey=frozenset({person(1)})))
    for place, actor in enumerate(["ann", "bob", "ann", "bob"]):
        engine.see(access(place, actor=actor, subjects=(person(1),)))
    assert engine.raised() == []
    engine.see(access(2 * DAY, actor="ann", subjects=(person(1),)))  # another window
    assert engine.raised() == []
    engine.see(access(5, actor="ann", subjects=(person(1),)))
    assert [(each.actor, each.count) for each in engine.raised()] == [("ann", 3)]


def _company(seed: int) -> tuple[list[Access], Facts]:
    random = Random(seed)
    accesses = [
        access(minute, actor=f"agent{random.randrange(4)}", subjects=(person(random.randrange(60)),),
               operation=random.choice(["read", "unmask", "search", "export"]))
        for minute in sorted(random.randrange(6 * DAY) for _ in range(150))
    ]  # fmt: skip
    facts = Facts(
        staff={f"agent{each}": Staff(f"agent{each}", team="desk", own=person(each)) for each in range(4)},
        tickets={f"t{each}": Ticket(f"t{each}", person(each), queue="desk") for each in range(4, 50)},
        honey=frozenset({person(59)}),
    )
    return accesses, facts


def _told(alerts: list[Alert]) -> list[tuple[object, ...]]:
    return sorted((each.id, each.count, sorted(each.evidence)) for each in alerts)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_closing_a_day_again_tells_nothing_twice(seed: int, times: int) -> None:
    accesses, facts = _company(seed)
    once, often = Engine(DETECTIONS, facts=facts), Engine(DETECTIONS, facts=facts)
    days_of(accesses, once)
    days = days_of(accesses, often)
    for _ in range(times):
        often.close(days[-1])
    assert {each.id for each in often.raised()} == {each.id for each in once.raised()}
    assert _told(often.raised()) == _told(once.raised())


def test_an_alert_has_one_id_whoever_finds_it() -> None:
    assert alert_id("D1", 1, "ann", MONDAY) == alert_id("D1", 1, "ann", MONDAY)
    assert len({alert_id(*each) for each in _PARTS}) == len(_PARTS)


_PARTS = [
    ("D1", 1, "ann", MONDAY),
    ("D1", 2, "ann", MONDAY),
    ("D11", 1, "ann", MONDAY),
    ("D1", 1, "bob", MONDAY),
    ("D1", 1, "ann", MONDAY + timedelta(days=1)),
]

HOUR = timedelta(hours=1)
WORK = Facts(
    tickets={
        "mine": Ticket("mine", person(1), "ann", MONDAY - HOUR),
        "queue": Ticket("queue", person(2), "", MONDAY - HOUR, queue="desk"),
        "his": Ticket("his", person(3), "bob", MONDAY - HOUR),
        "old": Ticket("old", person(4), "ann", MONDAY - 99 * DAY * HOUR / 60, MONDAY - 90 * DAY * HOUR / 60),
    },
    staff={"ann": Staff("ann", team="desk", own=person(9))},
    jobs={"letters": Job("letters", frozenset({"billing"}))},
    expectations=(Expectation("officer", MONDAY + HOUR, actor="ann", subject=person(7)),),
)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (access(subjects=(person(1),)), ("ticket",)),
        (access(subjects=(person(2),)), ("queue",)),
        (access(subjects=(person(3),)), ()),
        (access(subjects=(person(4),)), ()),
        (access(subjects=(person(7),)), ("expected",)),
        (access(120, subjects=(person(7),)), ()),
        (access(subjects=(person(9),)), ("self",)),
        (access(subjects=(person(5),), grant="g"), ("grant",)),
        (access(actor="letters", subjects=(person(5),), purposes=("billing",)), ("job",)),
        (access(actor="letters", subjects=(person(5),), purposes=("marketing",)), ()),
        (access(subjects=tuple(map(person, range(1000)))), ()),
    ],
    ids=[
        "their case", "their team's case", "another's case", "a case long over", "expected", "no longer expected",
        "themselves", "granted", "a job", "a job for something else", "everybody",
    ],
)  # fmt: skip
def test_what_explains_an_access(seen: Access, why: tuple[str, ...]) -> None:
    found = Engine([], facts=WORK).see(seen)
    assert found.explanations == why
    assert found.is_explained is bool(why)


def test_who_dealt_with_somebody_for_a_reason_may_look_again_for_a_month_and_not_for_ever() -> None:
    case = Ticket("t", person(1), "ann", MONDAY - HOUR, MONDAY)
    engine = Engine([], facts=Facts(tickets={"t": case}))
    assert engine.see(access(0, subjects=(person(1),))).explanations == ("ticket",)
    assert engine.see(access(20 * DAY, subjects=(person(1),))).explanations == ("handled",)
    assert engine.see(access(45 * DAY, subjects=(person(1),))).explanations == ()
    assert engine.see(access(1, subjects=(person(2),))).explanations == ()
    assert engine.see(access(2, subjects=(person(2),))).explanations == (), "to have looked is no reason to look"


def test_risk_fades_by_half_in_two_weeks_and_ranks_who_has_more_against_them() -> None:
    assert faded(8, HALF_LIFE) == pytest.approx(4)
    assert faded(8, -HALF_LIFE) == 8
    engine = Engine(DETECTIONS, facts=Facts(honey=frozenset({person(1)})))
    for actor, minute in (("ann", 0.0), ("bob", 14 * DAY)):
        engine.see(access(minute, actor=actor, subjects=(person(1),)))
    risk = risk_of_actors(engine.raised(), now=MONDAY + timedelta(days=14))
    assert risk["ann"] == pytest.approx(risk["bob"] / 2)
    assert [each.actor for each in most_urgent(engine.raised(), risk=risk | {"ann": 99.0}, most=1)] == ["ann"]


def test_a_silent_ticket_system_is_told_of_and_not_the_staff() -> None:
    silent = Engine([unexplained.DETECTION], facts=Facts(is_ticket_source_silent=True))
    days_of(looks(range(30)), silent)
    assert [each.key for each in silent.raised()] == ["tickets"]
