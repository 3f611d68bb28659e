"""What runs by the clock goes on everywhere, whatever is wrong in one environment."""

from __future__ import annotations

from uuid import UUID

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from audit import tasks

PLACES = [UUID(int=number) for number in range(1, 4)]


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "environments", lambda: list(PLACES))


@pytest.mark.usefixtures("everywhere")
def test_one_environment_that_fails_keeps_no_other_from_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    met: list[UUID] = []

    def works(place: UUID) -> int:
        met.append(place)
        if place == PLACES[1]:
            raise OverflowError("date value out of range")
        return 1

    assert tasks._in_each(works) == 2
    assert sorted(met) == PLACES
    (told,) = (record for record in caplog.records if record.name == "audit.tasks")
    assert (told.reason, told.environment) == ("OverflowError", str(PLACES[1]))  # type: ignore[attr-defined]  # what was told beside the text


@pytest.mark.usefixtures("everywhere")
def test_when_the_time_is_over_it_is_over() -> None:
    def works(_: UUID) -> int:
        raise SoftTimeLimitExceeded

    with pytest.raises(SoftTimeLimitExceeded):
        tasks._in_each(works)
