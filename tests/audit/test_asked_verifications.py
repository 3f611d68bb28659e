"""Of an environment one verification is under way at a time, and a few an hour, whoever asks at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connections

from audit import queries
from audit.actions import verifying
from audit.actions.verifying import AN_HOUR, MOST_AN_HOUR, ask_verification, run_verification, run_waiting
from audit.errors import VerificationsExhausted, VerificationUnderWay
from audit.models import Verification
from audit.models.verification import SILENT
from keyring.walls import in_environment
from tests.audit.connections import AddressOf
from tests.audit.sealing import LOG_KEY, sealing, turned_until, wrote
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, OFFICER

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def book(settings: Any, role_url: AddressOf) -> None:
    settings.AUDIT_LOG_PUBLIC_KEY = str(LOG_KEY.verifier)
    wrote(3)
    with sealing(role_url) as sealer:
        turned_until(sealer, 3)


def asked(*, environment: UUID = ENVIRONMENT, now: datetime = NOW) -> Verification:
    return ask_verification(actor=OFFICER, environment_id=environment, is_everything=True, now=now)


def states() -> list[str]:
    with in_environment(ENVIRONMENT):
        return sorted(Verification.objects.values_list("state", flat=True))


def test_of_those_who_ask_at_once_one_is_verified_and_the_others_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    together = Barrier(4)
    begin = verifying._begin_alone

    def at_once(row: Verification) -> None:
        together.wait(timeout=30)  # all of them have seen that nothing is under way
        begin(row)

    monkeypatch.setattr(verifying, "_begin_alone", at_once)

    def ask(_: int) -> str:
        try:
            return asked().state
        except VerificationUnderWay as refused:
            return str(refused)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as people:
        told = sorted(people.map(ask, range(4)))
    assert told == ["A verification is under way already: wait until it has ended."] * 3 + ["waiting"]
    assert states() == ["waiting"]
    assert len(queries.entries(environment_id=ENVIRONMENT, kinds=["audit.check_asked"])) == 1


def test_the_database_has_no_second_one_that_has_not_ended() -> None:
    first = asked()
    with pytest.raises(IntegrityError, match="alone"), in_environment(ENVIRONMENT):
        Verification.objects.create(
            environment_id=ENVIRONMENT, asked_at=NOW, first=0, size=3, turned_at=NOW, state="running"
        )
    assert asked(environment=ELSEWHERE).state == "waiting", "another environment asks for itself"
    assert run_verification(ENVIRONMENT, first.id) and asked().state == "waiting"


def test_an_environment_has_a_few_an_hour_and_is_told_when_there_is_another() -> None:
    for number in range(MOST_AN_HOUR):
        run_verification(ENVIRONMENT, asked(now=NOW + timedelta(minutes=number)).id)
    late = NOW + timedelta(minutes=30)
    with pytest.raises(VerificationsExhausted, match=r"ask again after 13:00 UTC"):
        asked(now=late)
    assert asked(environment=ELSEWHERE, now=late).state == "waiting"
    assert asked(now=NOW + AN_HOUR).state == "waiting"


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_what_a_worker_left_is_given_up_on_record_and_keeps_nobody_waiting(state: str) -> None:
    left = asked()
    with in_environment(ENVIRONMENT):
        Verification.objects.update(state=state)
    with pytest.raises(VerificationUnderWay):
        asked(now=NOW + SILENT)
    second = asked(now=NOW + SILENT + timedelta(seconds=1))
    assert states() == ["failed", "waiting"]
    (entry,) = queries.entries(environment_id=ENVIRONMENT, kinds=["audit.checked"], outcome="failed")
    assert (entry.facts["verification"], entry.facts["verdict"]) == (str(left.id), "failed")
    assert not run_verification(ENVIRONMENT, left.id) and run_waiting(ENVIRONMENT, now=NOW) == 1
    with in_environment(ENVIRONMENT):
        assert Verification.objects.get(id=second.id).state == "whole"
