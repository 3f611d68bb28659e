"""What somebody who knows the analysis does to stay unseen, and that it is seen."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.actions.analysing import close_days, look_on
from audit.actors import Actor
from audit.analysis.accesses import Access
from audit.analysis.cases import DAY, MONDAY, access, looks, person
from audit.analysis.detections import DETECTIONS, tampering, unexplained
from audit.analysis.engine import Engine, days_of
from audit.analysis.explaining import MOST_PEOPLE
from audit.analysis.facts import Facts, Job, Staff, Ticket
from audit.analysis.memory import AGAIN, ASKED, WATCHED
from audit.errors import FindingRefused
from audit.events import declared
from audit.models import Alert, AnalysisCursor, DetectionSetting, Finding
from audit.recorder import append
from keyring.walls import in_environment
from tests.audit.connections import AddressOf
from tests.audit.rules import backtested, set_rule
from tests.audit.sealing import sealing, turned_until
from tests.audit.vocabulary import ENVIRONMENT, OFFICER

ANN = Actor("operator", UUID(int=0xA))
HOUR = timedelta(hours=1)
in_database = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_sources(settings: object) -> None:
    settings.AUDIT_FACT_SOURCES = []  # type: ignore[attr-defined]  # pytest-django's


def found() -> list[tuple[str, str]]:
    with in_environment(ENVIRONMENT):
        return sorted(Alert.objects.filter(id__in=Finding.objects.values("id")).values_list("rule", "actor"))


def closed_until() -> object:
    with in_environment(ENVIRONMENT):
        return AnalysisCursor.objects.get().closed_until


@in_database
def test_a_day_stays_open_until_its_last_entry_was_looked_at(role_url: AddressOf) -> None:
    today = datetime.now(UTC).date()
    tomorrow = datetime.combine(today + timedelta(days=1), time(12), UTC)
    for number in range(9):
        append(
            declared()["accessor.executed"],
            environment_id=ENVIRONMENT,
            actor=ANN,
            facts={"accessor": uuid4(), "subjects": [f"{number:032x}"], "columns": ["email"], "rows": 1},
        )
    close_days(ENVIRONMENT, now=tomorrow)
    assert closed_until() is None, "what has no place in the tree yet belongs to the day as well"
    with sealing(role_url) as sealer:
        turned_until(sealer, 9)
        close_days(ENVIRONMENT, now=tomorrow)
        assert (closed_until(), found()) == (None, []), "the worker that looks at single accesses stands still"
        look_on(ENVIRONMENT, now=tomorrow)
        close_days(ENVIRONMENT, now=tomorrow - timedelta(hours=11, minutes=30))
        assert closed_until() is None, "entries of the day may be recorded a little later"
        turned_until(sealer, 10)  # the finding's own
        look_on(ENVIRONMENT, now=tomorrow)
        close_days(ENVIRONMENT, now=tomorrow)
    assert (closed_until(), found()) == (today, [("D1", str(ANN.id))])


@in_database
def test_rules_are_not_turned_down_step_by_step_nor_is_the_one_that_watches_switched_off(role_url: AddressOf) -> None:
    for is_enabled, threshold in ((False, None), (True, 99)):
        with pytest.raises(FindingRefused, match="watches"):
            set_rule("D34", is_enabled=is_enabled, threshold=threshold)
    with in_environment(ENVIRONMENT):  # past every door
        DetectionSetting.objects.create(
            environment_id=ENVIRONMENT, detection=tampering.ID, is_enabled=False, threshold=999
        )
    for threshold in (2, 4, 8, 3):
        backtested("D33", threshold)
        set_rule("D33", threshold=threshold)
    with sealing(role_url) as sealer:
        turned_until(sealer, 12)
    look_on(ENVIRONMENT, now=datetime.now(UTC))
    assert found() == [("D34", str(OFFICER.id))] * 3, "each raise, and not that it was lowered again"


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=8).filter(lambda steps: max(steps) > steps[0]),
    st.integers(1, 3),
)
@settings(max_examples=50, deadline=None)
def test_no_way_leads_to_a_higher_threshold_without_a_finding(steps: list[int], own: int) -> None:
    engine = Engine([tampering.DETECTION])
    for minute, (before, now) in enumerate(itertools.pairwise(steps)):
        facts = {
            "detection": "D9", "enabled": True, "threshold": now, "former_threshold": before, "own_threshold": own,
        }  # fmt: skip
        engine.see(access(minute, kind="detection.set", operation="configure", facts=facts))
    assert engine.raised()


def _desk(*, agents: int = 6, cases: int = 40) -> Facts:
    return Facts(
        staff={f"agent{each}": Staff(f"agent{each}", team="desk") for each in range(agents)},
        tickets={f"t{each}": Ticket(f"t{each}", person(each), queue="desk") for each in range(cases)},
    )


def _at_work(day: int = 0, people: range = range(40)) -> list[Access]:
    return [each for agent in range(6) for each in looks(people, actor=f"agent{agent}", minutes=day * DAY, apart=0.1)]


EARLIER = [each for day in range(3) for each in _at_work(day, range(3))]
"""Three days on which everybody at the desk had cases."""


@pytest.mark.parametrize("how", ["one list", "one by one", "a list and one by one"])
def test_whoever_takes_very_much_is_not_taken_for_an_outage_of_the_tickets(how: str) -> None:
    taken = range(1000, 1180)
    one = (access(40, subjects=tuple(map(person, taken))),)
    several = looks(taken, minutes=40, apart=0.01)
    theirs = {"one list": one, "one by one": several, "a list and one by one": one + several}[how]
    engine = Engine([unexplained.DETECTION], facts=_desk())
    days_of([*_at_work(), *theirs], engine)
    assert [(each.key, each.actor) for each in engine.raised()] == [("ann", "ann")]


def test_an_outage_of_the_tickets_is_still_told_as_one() -> None:
    engine = Engine([unexplained.DETECTION], facts=_desk(cases=3))
    days_of([*EARLIER, *_at_work(3)], engine)
    assert [each.key for each in engine.raised()] == ["tickets"]


@pytest.mark.parametrize("kind", ["client", "operator"])
def test_several_programs_or_accounts_of_one_hand_are_no_outage(kind: str) -> None:
    hands = ("puppet1", "puppet2", "puppet3")
    engine = Engine([unexplained.DETECTION], facts=_desk())
    theirs = [
        each for who in hands for each in looks(range(500, 540), actor=who, actor_kind=kind, minutes=3 * DAY, apart=0.1)
    ]
    days_of([*EARLIER, *looks(range(3), actor="agent0", minutes=3 * DAY), *theirs], engine)
    assert sorted(each.key for each in engine.raised()) == [*hands]


def test_to_look_at_one_stranger_twice_a_day_for_days_makes_no_head() -> None:
    engine = Engine([unexplained.DETECTION])
    twice = [
        access(day * DAY + again, actor=who, subjects=(person(1),))
        for day in range(5) for who in ("a", "b", "c") for again in range(2)
    ]  # fmt: skip
    taken = [each for who in ("a", "b", "c") for each in looks(range(500, 540), actor=who, minutes=5 * DAY)]
    days_of([*twice, *taken], engine)
    assert "tickets" not in [each.key for each in engine.raised()]


@pytest.mark.parametrize("is_told", [False, True])
def test_an_outage_of_the_tickets_excuses_no_program(is_told: bool) -> None:
    engine = Engine([unexplained.DETECTION], facts=_desk(cases=3))
    days_of(EARLIER, engine)
    engine.ctx.facts.is_ticket_source_silent = is_told
    program = looks(range(500, 540), actor="program", actor_kind="client", minutes=3 * DAY, apart=0.1)
    days_of([*_at_work(3), *program], engine)
    assert sorted(each.key for each in engine.raised()) == ["program", "tickets"]


NIGHTLY = Facts(jobs={"letters": Job("letters", frozenset({"billing"}), frozenset({2}), frozenset({"addresses"}))})
AT_TWO = -7 * 60


@pytest.mark.parametrize(
    ("minutes", "resource", "purposes", "why"),
    [
        (AT_TWO, "addresses", ("billing",), ("job",)),
        (AT_TWO, "addresses", (), ()),
        (AT_TWO, "addresses", ("billing", "marketing"), ()),
        (AT_TWO, "accounts", ("billing",), ()),
        (AT_TWO, "", ("billing",), ()),
        (0, "addresses", ("billing",), ()),
        (AT_TWO - 1, "addresses", ("billing",), ("job",)),
        (AT_TWO - 10, "addresses", ("billing",), ()),
    ],
    ids=["as registered", "no purpose", "a purpose more", "another accessor", "none", "by day", "just before", "early"],
)
def test_a_registration_covers_what_it_names_and_nothing_else(
    minutes: float, resource: str, purposes: tuple[str, ...], why: tuple[str, ...]
) -> None:
    read = access(minutes, actor="letters", subjects=(person(1),), resource=resource, purposes=purposes)
    seen = Engine([], facts=NIGHTLY).see(read)
    assert (seen.explanations, seen.unexplained) == (why, () if why else (person(1),))


def test_a_job_that_does_more_by_day_is_looked_at_like_everybody() -> None:
    engine = Engine(DETECTIONS, facts=NIGHTLY)
    as_usual = {"actor": "letters", "actor_kind": "client", "purposes": ("billing",), "resource": "addresses"}
    crowd = tuple(map(person, range(300)))
    nights = [access(day * DAY + AT_TWO, subjects=crowd, **as_usual) for day in range(25)]
    days_of([*nights, *looks(range(1000, 1100), minutes=24 * DAY, **as_usual)], engine)
    assert {each.rule for each in engine.raised()} == {"D1", "D9", "D30"}


def test_a_long_list_leaves_no_memory_of_each_person_in_it() -> None:
    engine = Engine(DETECTIONS)
    seen = engine.see(access(subjects=tuple(map(person, range(MOST_PEOPLE + 1)))))
    assert len(seen.unexplained) == MOST_PEOPLE + 1
    kept = [topic for topic, _, _ in engine.ctx.memory.settle()]
    assert not {WATCHED, ASKED, AGAIN} & {*kept}
    assert engine.ctx.memory.tally("ann", MONDAY.date()).unexplained == MOST_PEOPLE + 1


def test_to_look_again_because_of_the_last_time_is_not_the_next_reason() -> None:
    case = Ticket("t", person(1), "ann", MONDAY - HOUR, MONDAY)
    engine = Engine([], facts=Facts(tickets={"t": case}))
    why = [engine.see(access(day * DAY, subjects=(person(1),))).explanations for day in range(0, 60, 10)]
    assert why == [("ticket",), ("handled",), ("handled",), ("handled",), (), ()]


def test_a_list_with_a_case_in_it_renews_nobody_else() -> None:
    old = Ticket("old", person(1), "ann", MONDAY - HOUR, MONDAY)
    fresh = Ticket("fresh", person(2), "ann", MONDAY - HOUR)
    engine = Engine([], facts=Facts(tickets={"old": old, "fresh": fresh}))
    engine.see(access(subjects=(person(1),)))
    both = engine.see(access(20 * DAY, subjects=(person(1), person(2))))
    assert (both.explanations, both.handled) == (("handled", "ticket"), (person(2),))
    assert engine.see(access(40 * DAY, subjects=(person(1),))).unexplained == (person(1),)
    assert engine.see(access(40 * DAY, subjects=(person(2),))).is_explained


class Planted:
    """Knows one person who does not exist."""

    def facts_about(self, accesses: list[Access], *, environment_id: UUID) -> Facts:  # noqa: ARG002  the protocol's
        return Facts(honey=frozenset({"ab" * 16}))


@in_database
def test_what_comes_after_a_decision_is_a_finding_of_its_own(role_url: AddressOf, settings: object) -> None:
    settings.AUDIT_FACT_SOURCES = [f"{__name__}.Planted"]  # type: ignore[attr-defined]  # pytest-django's

    def looks_and_is_found(size: int) -> list[str]:
        append(
            declared()["accessor.executed"],
            environment_id=ENVIRONMENT,
            actor=ANN,
            facts={"accessor": uuid4(), "subjects": ["ab" * 16], "columns": ["email"], "rows": 1},
        )
        with sealing(role_url) as sealer:
            turned_until(sealer, size)
        look_on(ENVIRONMENT, now=datetime.now(UTC))
        with in_environment(ENVIRONMENT):
            return list(Finding.objects.order_by("opened_at").values_list("state", flat=True))

    assert looks_and_is_found(1) == ["new"]
    assert looks_and_is_found(3) == ["new"], "the same person on the same day"
    with in_environment(ENVIRONMENT):
        Finding.objects.update(state="explained", decided_at=datetime.now(UTC), decided_by=OFFICER.id)
    assert looks_and_is_found(4) == ["explained", "new"]
    assert looks_and_is_found(6) == ["explained", "new"]
    with in_environment(ENVIRONMENT):
        counts = [Alert.objects.get(id=each.id).count for each in Finding.objects.order_by("opened_at")]
    assert counts == [2, 2], "what was decided stays as it was decided"
