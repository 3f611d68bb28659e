"""Rules run by numbers that officers set, after a backtest of exactly these told what they would find."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connection

from audit.actions.analysing import close_days, look_on
from audit.actions.backtests import ask_backtest, run_backtests
from audit.actions.detections import STANDS_FOR, set_detection
from audit.actors import SYSTEM, Actor
from audit.analysis.cases import DAY, looks
from audit.analysis.detections import DETECTIONS, volume
from audit.analysis.engine import Engine, days_of
from audit.analysis.rule import Detection
from audit.analysis.standing import rule_state
from audit.errors import FindingRefused
from audit.events import declared
from audit.models import Alert, BacktestRun, DetectionSetting, Finding
from audit.recorder import append
from keyring.walls import in_environment
from tests.audit.connections import AddressOf, run
from tests.audit.rules import backtested, set_rule
from tests.audit.sealing import sealing, turned_until
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, OFFICER

pytestmark = pytest.mark.django_db(transaction=True)
ANN = Actor("operator", UUID(int=0xA))


@pytest.fixture(autouse=True)
def no_sources(settings: object) -> None:
    settings.AUDIT_FACT_SOURCES = []  # type: ignore[attr-defined]  # pytest-django's


def test_a_rule_is_set_to_what_a_backtest_told_of_and_to_nothing_else() -> None:
    for said in ({"threshold": 3}, {"parameters": {"least": 5.0}}, {"threshold": 3, "parameters": {"least": 5.0}}):
        with pytest.raises(FindingRefused, match="backtest"):
            set_rule("D1", **said)
    backtested("D1", 3, {"least": 5})
    with pytest.raises(FindingRefused, match="backtest"):
        set_rule("D1", threshold=3)
    facts = set_rule("D1", threshold=3, parameters={"least": 5.0})
    assert (facts["threshold"], facts["former_threshold"], facts["parameters"]) == (3, 1, ["least=5"])
    with in_environment(ENVIRONMENT):
        state = rule_state("D1")
        assert state and (state.threshold, state.values, state.is_changed) == (3, {"least": 5.0}, True)
        assert facts["backtest"] == BacktestRun.objects.get().id
    with in_environment(ELSEWHERE):
        there = rule_state("D1")
        assert there and not there.is_changed and not BacktestRun.objects.exists()


def test_to_switch_off_needs_none_and_to_switch_on_again_one_that_is_fresh_and_of_this_version() -> None:
    set_rule("D9", is_enabled=False)
    backtested("D9")
    with in_environment(ENVIRONMENT):
        done = BacktestRun.objects.filter(detection="D9")
        for stale in ({"finished_at": datetime.now(UTC) - 2 * STANDS_FOR}, {"version": 99}, {"finished_at": None}):
            kept = dict(done.values("finished_at", "version").get())
            done.update(**stale)
            with pytest.raises(FindingRefused, match="backtest"):
                set_detection(
                    environment_id=ENVIRONMENT, detection="D9", is_enabled=True, is_containing=False, threshold=None,
                    parameters={}, now=datetime.now(UTC),
                )  # fmt: skip
            done.update(**kept)
    set_rule("D9")
    with in_environment(ENVIRONMENT):
        assert DetectionSetting.objects.get().is_enabled


@pytest.mark.parametrize(
    ("detection", "said"),
    [
        ("D999", {}),
        ("D34", {"is_enabled": False}),
        ("D33", {"threshold": 0}),
        ("D9", {"parameters": {"faster": 1.0}}),
        ("D9", {"parameters": {"far": 0.1}}),
        ("D9", {"parameters": {"far": float("nan")}}),
        ("D9", {"parameters": {"far": float("inf")}}),
        ("D9", {"is_containing": True}),
    ],
    ids=[
        "no rule",
        "the watcher",
        "no threshold",
        "no number of it",
        "too low",
        "no number",
        "endless",
        "stops nothing",
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(detection: str, said: dict[str, object]) -> None:
    with pytest.raises(FindingRefused):
        set_rule(detection, **said)
    with in_environment(ENVIRONMENT):
        assert not DetectionSetting.objects.exists()


def test_a_backtest_runs_over_days_that_are_over_tells_nobody_and_is_on_record(role_url: AddressOf) -> None:
    for number in range(3):
        append(
            declared()["accessor.executed"],
            environment_id=ENVIRONMENT,
            actor=ANN,
            facts={"accessor": uuid4(), "subjects": [f"{number:032x}"], "columns": ["email"], "rows": 1},
        )
    with sealing(role_url) as sealer:
        turned_until(sealer, 3)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    asked = {"actor": OFFICER, "environment_id": ENVIRONMENT, "detection": "D1", "threshold": None, "parameters": {}}
    for wrong in ({"days": 0}, {"days": 999}, {"days": 1, "detection": "D0"}, {"days": 1, "actor": SYSTEM}):
        with pytest.raises(FindingRefused):
            ask_backtest(**asked | wrong, now=tomorrow)
    ask_backtest(**asked, days=2, now=tomorrow)  # type: ignore[arg-type]  # of these types each
    assert [run_backtests(each, now=tomorrow) for each in (ELSEWHERE, ENVIRONMENT, ENVIRONMENT)] == [0, 1, 0]
    with in_environment(ENVIRONMENT):
        told = BacktestRun.objects.get()
        assert (told.accesses, told.alerts, told.found[0][:2]) == (3, 1, [f"{datetime.now(UTC):%Y-%m-%d}", str(ANN.id)])
        assert not Alert.objects.exists() and not Finding.objects.exists()
    said = run(role_url("auditor"), "select kind from audit_entry where kind like 'detection.%%' order by id")
    assert said == [("detection.backtest_asked",), ("detection.backtested",)]


def test_the_application_cannot_delete_a_backtest() -> None:
    backtested("D9")
    with pytest.raises(ProgrammingError), in_environment(ENVIRONMENT), connection.cursor() as cursor:
        cursor.execute("delete from audit_backtestrun")


def test_what_is_set_counts_from_the_next_look_on_and_here_alone(role_url: AddressOf) -> None:
    backtested("D1", None, {"least": 4})
    set_rule("D1", parameters={"least": 4.0})
    for environment in (ENVIRONMENT, ELSEWHERE):
        for number in range(3):
            append(
                declared()["accessor.executed"],
                environment_id=environment,
                actor=ANN,
                facts={"accessor": uuid4(), "subjects": [f"{number:032x}"], "columns": ["email"], "rows": 1},
            )
    with sealing(role_url) as sealer:
        turned_until(sealer, 9)
    found = {}
    for environment in (ENVIRONMENT, ELSEWHERE):
        look_on(environment, now=datetime.now(UTC))
        close_days(environment, now=datetime.now(UTC))
        with in_environment(environment):
            found[environment] = sorted(Alert.objects.values_list("rule", flat=True))
    assert found == {ENVIRONMENT: ["D34"], ELSEWHERE: ["D1"]}


@pytest.mark.parametrize("rule", [each for each in DETECTIONS if each.parameters], ids=lambda each: each.id)
def test_every_number_of_a_rule_lies_within_its_bounds_and_says_what_it_means(rule: Detection) -> None:
    for each in rule.parameters:
        assert each.least <= each.default <= each.most and each.means and each.name.isidentifier()


def test_a_number_that_is_set_changes_what_a_rule_finds() -> None:
    month = [each for day in range(25) for each in looks(range(20), minutes=day * DAY)]
    spike = looks(range(60), minutes=25 * DAY)
    for parameters, found in (({}, 0), ({"times": 2.0}, 1), ({"times": 2.0, "least": 70.0}, 0)):
        engine = Engine([volume.DETECTION], parameters={"D9": parameters})
        days_of([*month, *spike], engine)
        assert len(engine.raised()) == found
