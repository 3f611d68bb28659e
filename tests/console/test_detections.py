"""The rules of the analysis: officers see what a rule would find before they set it, and others see none of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.actions.backtests import MOST_WAITING, run_backtests
from audit.analysis.standing import rule_state
from audit.models import BacktestRun, DetectionSetting
from governance.actions.detections import ask_backtest, set_detection
from governance.actions.rights import give_rights
from governance.errors import Conflict, Refused
from governance.identities import system_caller
from governance.models import ProtectedChange
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import line_of
from tests.console.people import Console
from tests.governance.office import new_office
from tests.planted_findings import found

RULES, RULE = "/admin/detections/", "/admin/detections/D1/"
TYPED = {"threshold": "2", "least": "5"}


def standing(console: Console, rule: str = "D1") -> tuple[bool, int, dict[str, float]]:
    with in_environment(console.environment.id):
        state = rule_state(rule)
        assert state
        return state.is_enabled, state.threshold, state.values


def test_an_officer_sees_what_a_rule_would_find_and_then_sets_it(console: Console, as_officer: Browser) -> None:
    assert "Unexplained accesses" in as_officer.get(RULES).content.decode()
    said = as_officer.post(RULE, TYPED | {"step": "set", "is_enabled": "on"}, follow=True).content.decode()
    assert "backtest" in said and standing(console) == (True, 1, {"least": 2})
    waiting = as_officer.post(RULE, TYPED | {"step": "backtest", "days": "7"}, follow=True)
    assert b"It waits for the worker" in waiting.content
    assert b'value="5"' in waiting.content, "what was typed is still there for the next step"
    assert run_backtests(console.environment.id, now=timezone.now()) == 1
    assert "There is no sealed entry in these days" in as_officer.get(RULE).content.decode()
    as_officer.post(RULE, TYPED | {"step": "set", "is_enabled": "on"})
    assert standing(console) == (True, 2, {"least": 5})
    assert "by numbers of this environment" in as_officer.get(RULES).content.decode()
    (booked,) = console.booked("detection.set")
    assert (booked.actor.id, booked.facts["threshold"], booked.facts["parameters"]) == (
        console.officer.id, 2, ["least=5"],
    )  # fmt: skip
    as_officer.post(RULE, TYPED | {"step": "set"})
    assert standing(console)[0] is False and "<strong>off" in as_officer.get(RULES).content.decode()


def test_the_list_counts_what_each_rule_found_for_those_alone_who_may_read_the_book(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    found(console.environment.id)
    officer = as_officer.get(RULES)
    assert {row["id"]: row["found"] for row in officer.context["rows"] if row["found"]} == {"D33": 1}
    assert "Found in 30 days" in officer.content.decode()
    give_rights(
        system_caller(console.environment.id), holder=console.support, operations=("configure",), on=console.environment
    )
    support = as_support.get(RULES)
    assert support.context["found"] is None and "Found in 30 days" not in support.content.decode()
    assert not [row for row in support.context["rows"] if row["found"]]


def test_who_asks_for_too_many_backtests_is_told_and_sees_which_failed(console: Console, as_officer: Browser) -> None:
    for _ in range(MOST_WAITING + 1):
        said = as_officer.post(RULE, TYPED | {"step": "backtest", "days": "7"}, follow=True).content.decode()
    assert f"{MOST_WAITING} backtests wait already" in said
    with in_environment(console.environment.id):
        assert BacktestRun.objects.count() == MOST_WAITING
        BacktestRun.objects.update(version=0)
    assert run_backtests(console.environment.id, now=timezone.now()) == 0
    assert "It failed. The rule has a newer version by now" in as_officer.get(RULE).content.decode()
    said = as_officer.post(RULE, TYPED | {"step": "backtest", "days": "7"}, follow=True).content.decode()
    assert "The backtest is asked for" in said


@pytest.mark.parametrize(
    "said",
    [
        {"step": "backtest", "days": "0"},
        {"step": "backtest", "days": "soon"},
        {"step": "backtest", "days": "7", "least": "many"},
        {"step": "set", "is_enabled": "on", "threshold": "nan"},
        {"step": "set", "is_enabled": "on", "least": "nan"},
        {"step": "set", "is_enabled": "on", "is_containing": "on"},
    ],
    ids=["no day", "no number of days", "no number", "no threshold", "not a number", "nothing to stop"],
)
def test_what_makes_no_sense_changes_nothing(console: Console, as_officer: Browser, said: dict[str, str]) -> None:
    assert as_officer.post(RULE, said, follow=True).status_code == 200
    with in_environment(console.environment.id):
        assert not DetectionSetting.objects.exists() and not BacktestRun.objects.exists()


def test_the_rule_that_watches_has_no_buttons_and_takes_none(console: Console, as_officer: Browser) -> None:
    page = "/admin/detections/D34/"
    assert b"<form method" not in as_officer.get(page).content.split(b'<div class="page">')[1]
    said = as_officer.post(page, {"step": "set"}, follow=True).content.decode()
    assert "watches the others" in said and standing(console, "D34")[0]


def test_who_may_not_configure_sees_and_sets_nothing(console: Console, as_support: Browser) -> None:
    for browser, status in ((as_support, 403), (Browser(), 302)):
        assert browser.get(RULES).status_code == browser.get(RULE).status_code == status
        assert browser.post(RULE, {"step": "set"}).status_code == status
    assert standing(console)[0]


def test_there_are_no_other_rules(as_officer: Browser) -> None:
    assert as_officer.get("/admin/detections/D999/").status_code == 404


def test_a_service_of_officers_sets_a_rule_and_one_from_elsewhere_its_own_alone(console: Console) -> None:
    here = line_of(cast.new_player(console.environment, "deploy", configure=True))
    outsider = line_of(cast.new_player(cast.new_environment(), "deploy", configure=True))
    reader = line_of(cast.new_player(console.environment, "reader", read=True))
    one = "/governance/detections/D1"
    assert here.put(one, {"is_enabled": False}).json()["field"] == "revision"
    assert here.put(one, {"revision": 0, "is_enabled": False}).json()["revision"] == 1
    assert "backtest" in here.put(one, {"revision": 1, "is_enabled": True}).json()["detail"]
    asked = here.post(f"{one}/backtests", {"days": 3})
    assert asked.status_code == 202 and asked.json()["finished_at"] is None
    assert run_backtests(console.environment.id, now=timezone.now()) == 1
    (done,) = here.get(f"{one}/backtests").json()["data"]
    assert done["id"] == asked.json()["id"] and done["finished_at"]
    assert outsider.get(one).json()["is_enabled"] is True and outsider.get(f"{one}/backtests").json()["data"] == []
    assert here.put(one, {"revision": 1, "is_enabled": True}).json()["is_enabled"] is True
    for wrong in ({"threshold": 0}, {"parameters": {"least": "many"}}, {"parameters": {"faster": 1}}, {"revision": -1}):
        assert here.put(one, {"revision": 2, **wrong}).status_code == 400
    assert here.get("/governance/detections/D999").status_code == 404
    for refused in (reader.get(one), reader.put(one, {"revision": 2}), reader.post(f"{one}/backtests", {})):
        assert refused.status_code == 403
    assert standing(console)[0]


def test_of_two_who_set_a_rule_the_second_is_told_and_overwrites_nothing(console: Console, as_officer: Browser) -> None:
    one, service = "/governance/detections/D1", cast.new_player(console.environment, "deploy", configure=True)
    seen = line_of(service).get(one).json()["revision"]
    assert f'name="revision" value="{seen}"' in as_officer.get(RULE).content.decode()
    off = {"step": "set", "revision": str(seen), "threshold": "1", "least": "2"}
    assert "The rule is set" in as_officer.post(RULE, off, follow=True).content.decode()
    late = line_of(service).put(one, {"revision": seen, "is_enabled": True})
    assert (late.status_code, late.json()["field"]) == (409, "revision")
    assert "revision 1 holds, not 0" in late.json()["detail"] and "Read it again" in late.json()["remedy"]
    assert "Somebody has set this rule meanwhile" in as_officer.post(RULE, off, follow=True).content.decode()
    assert standing(console)[0] is False and len(console.booked("detection.set")) == 1
    assert line_of(service).put(one, {"revision": 1, "is_enabled": False}).json()["revision"] == 2


def test_whom_a_rule_would_have_found_is_shown_to_readers_of_the_book_alone_and_that_is_on_record(
    console: Console, as_officer: Browser
) -> None:
    setter = cast.new_player(console.environment, "deploy", configure=True)
    reader = cast.new_player(console.environment, "auditor", configure=True, audit=True)
    ask_backtest(setter.caller, detection="D1", days=3)
    run_backtests(console.environment.id, now=timezone.now())
    with in_environment(console.environment.id):
        BacktestRun.objects.update(found=[["2026-11-01", str(console.support.pk), 9.5]], alerts=1)
    backtests = "/governance/detections/D1/backtests"
    (unseen,) = line_of(setter).get(backtests).json()["data"]
    (seen,) = line_of(reader).get(backtests).json()["data"]
    assert (unseen["alerts"], unseen["found"], seen["found"][0]["actor"]) == (1, [], str(console.support.pk))
    assert console.support.username in as_officer.get(RULE).content.decode()
    booked = [each for each in console.booked("audit.read") if each.facts["filters"] == ["detection"]]
    assert [(each.actor.id, each.facts["door"]) for each in booked] == [
        (console.officer.pk, "console"), (reader.client.public_id, "api"),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_in_a_protected_environment_a_second_person_decides_whether_a_rule_is_switched_off() -> None:
    office = new_office()

    def state() -> Any:
        with in_environment(office.environment.id):
            return rule_state("D9")

    with pytest.raises(Refused):
        set_detection(office.author, detection="D9", is_enabled=False)
    off = office.propose("set_detection", detection="D9", is_enabled=False)
    assert state().is_enabled
    assert [each.name for each in office.differences(off)] == ["D9"]
    assert office.approve(off).state == ProtectedChange.APPLIED
    assert not state().is_enabled
    with pytest.raises(Conflict, match="backtest"):
        office.propose("set_detection", detection="D9", is_enabled=True, parameters={"far": 6})
    ask_backtest(office.author, detection="D9", parameters={"far": 6}, days=3)
    run_backtests(office.environment.id, now=timezone.now())
    with pytest.raises(Conflict, match="revision 1 holds"):
        office.propose("set_detection", detection="D9", is_enabled=True, parameters={"far": 6}, revision=0)
    on = office.propose("set_detection", detection="D9", is_enabled=True, parameters={"far": 6}, revision=1)
    assert office.approve(on).state == ProtectedChange.APPLIED
    assert state().is_enabled and state().values["far"] == 6
    (booked, _) = office.booked("detection.set")
    assert booked.facts["reasons"][1] == f"approved: by operator {office.approver.id}"
