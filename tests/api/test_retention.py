"""Retention through the API as the contract's client sends and reads it."""

from __future__ import annotations

from typing import Any

import pytest
from usercloudssdk.models import (
    ColumnRetentionDuration,
    ColumnRetentionDurationResponse,
    ColumnRetentionDurationsResponse,
    RetentionDuration,
    UpdateColumnRetentionDurationRequest,
    UpdateColumnRetentionDurationsRequest,
)

from tests import cast
from tests.api.calling import Line, Scene, line_of, new_scene
from tests.beginnings import beginning
from userstore.retention.durations import MOST

pytestmark = pytest.mark.django_db

NOBODY = "00000000-0000-0000-0000-000000000000"
OPERATIONAL = "7f55f479-3822-4976-a8a9-b789d5c6f152"
SECURITY = "3f929a5c-0a3e-4e36-b911-25ff43000bf9"
STATES = pytest.mark.parametrize("state", ["softdeleted", "live"])

begun, scene = beginning(new_scene)


def asked(state: str, unit: str, amount: int, **rest: Any) -> bytes:
    one = ColumnRetentionDuration(state, RetentionDuration(unit, amount), **rest)
    body: str = UpdateColumnRetentionDurationRequest(one).to_json()
    return body.encode()


def one_of(answer: Any, status: int = 200) -> ColumnRetentionDuration:
    assert answer.status_code == status, answer.content
    told = ColumnRetentionDurationResponse.from_json(answer.json())
    assert told.max_duration.duration == MOST.amount
    return told.retention_duration


@STATES
def test_the_environment_and_a_purpose_inherit_until_something_is_set(scene: Scene, state: str) -> None:
    line, root = scene.line, f"/userstore/config/{state}retentiondurations"
    of_purpose = f"/userstore/config/purposes/{SECURITY}/{state}retentiondurations"
    built_in = ("indefinite", 0) if state == "live" else ("year", 0)
    for address in (root, of_purpose):
        found = one_of(line.get(address))
        assert (str(found.id), found.use_default, (found.duration.unit, found.duration.duration)) == (
            NOBODY, True, built_in,
        )  # fmt: skip
    made = one_of(line.post(root, asked(state, "week", 1)), 201)
    assert (made.duration.unit, made.version, made.use_default) == ("week", 0, False)
    assert one_of(line.get(of_purpose)).duration.unit == "week"
    assert line.post(root, asked(state, "week", 2)).status_code == 409
    changed = one_of(
        line.put(f"{root}/{made.id}", {"retention_duration": {"duration": {"unit": "day", "duration": 3}}})
    )
    assert (changed.duration.unit, changed.version) == ("day", 1)
    assert line.put(f"{root}/{made.id}", asked(state, "day", 4)).status_code == 400  # version 0 is not current
    assert line.delete(f"{root}/{made.id}").status_code == 204
    assert line.delete(f"{root}/{made.id}").status_code == 404
    assert str(one_of(line.get(root)).id) == NOBODY


@STATES
def test_a_column_tells_of_every_purpose_and_takes_several_at_once(scene: Scene, state: str) -> None:
    line, address = scene.line, f"/userstore/config/columns/{scene.column}/{state}retentiondurations"
    wish = UpdateColumnRetentionDurationsRequest(
        [
            ColumnRetentionDuration(state, RetentionDuration("month", 3), column_id=scene.column, purpose_id=SECURITY),
            ColumnRetentionDuration(
                state, RetentionDuration("year", 0), column_id=scene.column, purpose_id=OPERATIONAL, use_default=True
            ),
        ]
    )
    answer = line.post(address, wish.to_json().encode())
    assert answer.status_code == 200, answer.content
    told = ColumnRetentionDurationsResponse.from_json(answer.json()).retention_durations
    assert len(told) >= 5
    (mine,) = [each for each in told if str(each.id) != NOBODY]
    assert (str(mine.purpose_id), mine.purpose_name, mine.duration.unit) == (SECURITY, "security", "month")
    assert one_of(line.get(f"{address}/{mine.id}")).duration.duration == 3
    mine.use_default = True
    gone = line.post(address, UpdateColumnRetentionDurationsRequest([mine]).to_json().encode())
    assert all(str(each["id"]) == NOBODY for each in gone.json()["retention_durations"])


@pytest.mark.parametrize(
    ("state", "unit", "amount"),
    [("softdeleted", "year", 11), ("softdeleted", "indefinite", 0), ("live", "day", 0), ("live", "hour", 87_649),
     ("live", "fortnight", 1), ("live", "indefinite", 1)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(scene: Scene, state: str, unit: str, amount: int) -> None:
    answer = scene.line.post(f"/userstore/config/{state}retentiondurations", asked(state, unit, amount))
    assert answer.status_code == 400


def test_a_preview_counts_and_changes_nothing_and_the_outsider_learns_nothing(scene: Scene) -> None:
    assert scene.write(scene.line).status_code == 200
    body = {
        "retention_durations": [
            {"duration_type": "live", "purpose_id": OPERATIONAL, "duration": {"unit": "day", "duration": 1}}
        ]
    }
    address = "/userstore/config/retention/preview"
    answer = scene.line.post(address, body)
    assert answer.json() == {
        "due_now": {"values": 0, "users": 0},
        "sooner": {"values": 1, "users": 1},
        "later": {"values": 0, "users": 0},
    }
    assert scene.line.get("/userstore/config/retention/changes").json()["data"] == []
    outsider: Line = line_of(cast.new_player(scene.environment, "outsider"))
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    for line in (outsider, reader):
        assert line.post(address, body).status_code == 403
        assert line.post("/userstore/config/liveretentiondurations", asked("live", "day", 1)).status_code == 403
